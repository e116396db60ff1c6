/* Compiler attributes and the two macros that the house allows for local ownership. */
#ifndef HV_BASE_ATTRIBUTES_H
#define HV_BASE_ATTRIBUTES_H

#define HV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define HV_MUST_CHECK __attribute__((warn_unused_result))
#define HV_NORETURN __attribute__((noreturn))
#define HV_CLEANUP(function) __attribute__((cleanup(function)))
#define HV_CLEANUP_FREE HV_CLEANUP(hv_cleanup_free)

#define HV_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/** For HV_CLEANUP_FREE: frees the pointer that `pointer_to` points to. */
void hv_cleanup_free(void *pointer_to);

#endif
