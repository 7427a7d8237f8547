// Shims for Linux system calls that are missing in Swift's Glibc module, and for macros that Swift can't import.
#ifndef CLINUX_H
#define CLINUX_H

#include "CLinuxNamespaces.h"

#include <stdint.h>
#include <sys/types.h>

/// timerfd_create(2) and timerfd_settime(2) with an absolute time; -1 with errno on failure.
int clinux_timerfd(int clock, int64_t absolute_ns);
/// Sets a timer to an absolute time of its clock; a time in the past fires at once.
int clinux_timerfd_set(int fd, int64_t absolute_ns);
/// pipe2(2), close-on-exec; -1 with errno on failure.
int clinux_pipe(int ends[2]);
/// Makes a signal's handler write 1 to an eventfd. If the signal arrives while the process is stopped, the eventfd is
/// readable before the thread that handles it continues. One signal and one eventfd per process.
int clinux_signal_to_eventfd(int signal_number, int eventfd);
/// eventfd(2), close-on-exec and non-blocking.
int clinux_eventfd(void);
/// epoll_create1(2).
int clinux_epoll(void);
/// epoll_ctl(2) that adds (1), deletes (2) or modifies (3); clinux_epoll_wait returns `data`.
int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
/// The maximum number of events that clinux_epoll_wait returns. If it returns as many, there may be more.
#define CLINUX_EPOLL_MOST 256
/// epoll_wait(2) for up to `capacity` events, unpacked into two arrays; the count, or -1 with errno.
int clinux_epoll_wait(int epoll, uint32_t *events, uint64_t *data, int capacity, int timeout_ms);
/// Waits until a descriptor is readable or the time is over: ppoll(2). 1, 0, or -1 with errno.
int clinux_wait_readable(int fd, int64_t nanoseconds);
/// dup3(2), close-on-exec.
int clinux_replace(int fd, int by_number);
/// open(2) for reads that bypass the page cache (O_DIRECT), close-on-exec; -1 with errno on failure.
int clinux_open_direct(const char *path, int flags);
/// lseek(2) with SEEK_DATA: the first offset from this one on that is not in a hole; -1 with errno on failure.
int64_t clinux_next_data(int fd, int64_t offset);
/// lseek(2) with SEEK_HOLE: the first offset from this one on that is in a hole, or the file's end; -1 with errno on failure.
int64_t clinux_next_hole(int fd, int64_t offset);
/// pidfd_open(2).
int clinux_pidfd_open(pid_t pid);
/// pidfd_send_signal(2).
int clinux_pidfd_signal(int pidfd, int signal);
/// A child with just these standard descriptors: posix_spawn(3), all signals unblocked and at their defaults, with
/// POSIX_SPAWN_SETSID if `new_session` isn't 0. Returns 0 or an errno.
int clinux_spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int in, int out, int err,
                 int new_session);
/// write(2) that fails with EPIPE and raises no SIGPIPE, for any disposition of that signal.
ssize_t clinux_write_to_pipe(int fd, const void *bytes, size_t count);
/// sockaddr for an IPv4 or IPv6 address in text form and a port; the length, or 0 if the text is neither.
uint32_t clinux_sockaddr(const char *address, uint16_t port, void *storage, uint32_t capacity);
/// A listening Unix stream socket with an abstract name that the kernel chooses (unix(7)), non-blocking and
/// close-on-exec. Its address is written to `address`, which has `*length` bytes. -1 with errno on failure.
int clinux_listen_unix(void *address, uint32_t *length);
/// Names the calling thread: pthread_setname_np(3), cut at 15 bytes.
void clinux_name_thread(const char *name);
/// Moves the wall clock by an offset, in one step, relative to its time: clock_adjtime(2). -1 with errno on failure.
int clinux_move_wall_clock(int64_t nanoseconds);
/// Whether this process may move the wall clock: 0, or the errno. Moves nothing.
int clinux_may_move_wall_clock(void);
/// reboot(2) with LINUX_REBOOT_CMD_RESTART: reboots the machine, or ends the caller's pid namespace if it isn't the first one
/// (pid_namespaces(7)). Synchronises no file system. Returns only on failure: -1 with errno. Only `HostRestart` calls it.
int clinux_restart(void);
/// fallocate(2) that lets the file grow; -1 with errno on failure.
int clinux_allocate(int fd, int64_t offset, int64_t length);
/// The type of a path's file system: f_type of statfs(2). -1 with errno on failure.
int64_t clinux_file_system_type(const char *path);
/// Blocks all writes to the file system of an open file until it is thawed: FIFREEZE of ioctl(2) in linux/fs.h, as
/// fsfreeze(8) does. -1 with errno on failure, EBUSY if it is frozen already.
int clinux_freeze_file_system(int fd);
/// Ends that: FITHAW. -1 with errno on failure, EINVAL if it isn't frozen.
int clinux_thaw_file_system(int fd);
/// The exit code of a wait status; -1 if a signal ended the process.
int clinux_exit_code(int status);

#endif
