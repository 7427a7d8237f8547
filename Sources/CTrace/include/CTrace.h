// ptrace(2), which is variadic and so can't be called from Swift.
#ifndef CTRACE_H
#define CTRACE_H

#include <stdint.h>
#include <sys/types.h>

/// A stop of a traced thread at the beginning or end of a system call; see PTRACE_GET_SYSCALL_INFO in ptrace(2).
struct ctrace_call {
  /// 1 before the call, 2 after it, 0 for neither.
  int border;
  /// Before the call: its kind, one of those below, and its arguments.
  int kind;
  uint64_t arguments[6];
};

/// The system calls that show an agent's progress.
enum ctrace_kind { ctrace_other, ctrace_rename, ctrace_renameat, ctrace_sync, ctrace_write, ctrace_openat, ctrace_flock };

/// Starts tracing a running thread, and those that it starts. Stops at system calls can be distinguished from signals.
int ctrace_seize(pid_t thread);
/// Stops a traced thread.
int ctrace_interrupt(pid_t thread);
/// Continues to the next beginning or end of a system call, with a signal or 0.
int ctrace_resume(pid_t thread, int signal);
/// Keeps a thread in a stop that a signal caused, as if untraced.
int ctrace_listen(pid_t thread);
/// The reason why a thread has stopped.
int ctrace_call(pid_t thread, struct ctrace_call *call);

#endif
