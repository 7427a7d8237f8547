#define _GNU_SOURCE
#include "CTrace.h"

#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

int ctrace_seize(pid_t thread) {
  return ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE) == 0 ? 0 : -1;
}

int ctrace_interrupt(pid_t thread) { return ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0 ? 0 : -1; }

int ctrace_resume(pid_t thread, int signal) { return ptrace(PTRACE_SYSCALL, thread, 0, signal) == 0 ? 0 : -1; }

int ctrace_listen(pid_t thread) { return ptrace(PTRACE_LISTEN, thread, 0, 0) == 0 ? 0 : -1; }

static int kind(uint64_t number) {
  switch (number) {
#ifdef SYS_rename
    case SYS_rename: return ctrace_rename;
#endif
#ifdef SYS_renameat
    case SYS_renameat: return ctrace_renameat;
#endif
    case SYS_renameat2: return ctrace_renameat;
    case SYS_fsync:
    case SYS_fdatasync: return ctrace_sync;
    case SYS_write: return ctrace_write;
    case SYS_openat: return ctrace_openat;
    case SYS_flock: return ctrace_flock;
    default: return ctrace_other;
  }
}

int ctrace_call(pid_t thread, struct ctrace_call *call) {
  struct __ptrace_syscall_info info;
  memset(&info, 0, sizeof info);
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) < 0) return -1;
  memset(call, 0, sizeof *call);
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    call->border = 1;
    call->kind = kind(info.entry.nr);
    memcpy(call->arguments, info.entry.args, sizeof call->arguments);
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    call->border = 2;
  }
  return 0;
}
