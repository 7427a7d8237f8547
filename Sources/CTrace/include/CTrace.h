// ptrace(2), which is variadic and so can't be called from Swift.
#ifndef CTRACE_H
#define CTRACE_H

#include <stdint.h>
#include <sys/types.h>

/// A stop of a traced thread at the border of a system call; see PTRACE_GET_SYSCALL_INFO in ptrace(2).
struct ctrace_call {
  /// 1 before the call, 2 after it, 0 for neither.
  int border;
  /// Before the call: which of the kinds below it is, and its arguments.
  int kind;
  uint64_t arguments[6];
};

/// The system calls by which an agent's progress is told.
enum ctrace_kind { ctrace_other, ctrace_rename, ctrace_renameat, ctrace_sync, ctrace_write, ctrace_openat, ctrace_flock };

/// Begins to trace a thread that runs, and those that it starts; stops at system calls are told from signals.
int ctrace_seize(pid_t thread);
/// Stops a traced thread.
int ctrace_interrupt(pid_t thread);
/// Goes on to the next border of a system call, with a signal or 0.
int ctrace_resume(pid_t thread, int signal);
/// Leaves a thread in the stop that a signal made, as it would be untraced.
int ctrace_listen(pid_t thread);
/// What a thread has stopped at.
int ctrace_call(pid_t thread, struct ctrace_call *call);

#endif
