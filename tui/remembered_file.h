/* The file of what the console remembers, beside the store: read before the first frame, written after the last. */
#ifndef HV_TUI_REMEMBERED_FILE_H
#define HV_TUI_REMEMBERED_FILE_H

/** Where it is, for this demo folder or this store (both NULL: the user's own store). Caller frees; NULL: nowhere. */
char *remembered_file_path(const char *demo_dir, const char *store);
/** NULL when there is none that can be read: then nothing is remembered. Caller frees. */
char *remembered_file_read(const char *path);
/** As a whole or not at all; what does not work is no reason to stop anybody from leaving. */
void remembered_file_write(const char *path, const char *text);

#endif
