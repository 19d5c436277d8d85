/* status.h - our own exit statuses; as those of env(1) and timeout(1). */
#ifndef SYSTRACE_STATUS_H
#define SYSTRACE_STATUS_H

enum { EXIT_OURS = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

#endif
