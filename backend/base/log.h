/*
 * The log file: the one mutable global of the house besides the console's signal pipe.
 *
 * One line an entry: time, level, area, text made printable. Nothing is written before hv_log_open(). Layers below
 * the facade do not log; they return errors.
 */
#ifndef HV_BASE_LOG_H
#define HV_BASE_LOG_H

#include "backend/base/attributes.h"
#include "backend/base/status.h"

enum hv_log_level { HV_LOG_ERROR, HV_LOG_WARN, HV_LOG_INFO, HV_LOG_DEBUG };

/** Append to `path` (mode 0600). Thread-safe afterwards. */
enum hv_status hv_log_open(const char *path, enum hv_log_level level, struct hv_error *err);
void hv_log_close(void);
void hv_log(enum hv_log_level level, const char *area, const char *format, ...) HV_PRINTF(3, 4);

#endif
