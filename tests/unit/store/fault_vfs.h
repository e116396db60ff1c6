/* A file system that fails when it is told to: SQLite's own, with writes and syncs counted. */
#ifndef HV_TESTS_STORE_FAULT_VFS_H
#define HV_TESTS_STORE_FAULT_VFS_H

/** From now on every file that SQLite opens counts. */
void fault_install(void);
/** The n-th write, truncation or sync from now fails with this code, and all after it; 0: none. */
void fault_after(int n, int code);
/** Whether one failed since fault_after(). */
int fault_happened(void);

#endif
