#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_timerfd_set(int fd, int64_t absolute_ns) {
  // Zero would disarm the timer, although the caller passed a time in the past.
  if (absolute_ns < 1) absolute_ns = 1;
  struct itimerspec when = {.it_value = {.tv_sec = absolute_ns / 1000000000, .tv_nsec = absolute_ns % 1000000000}};
  return timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

int clinux_timerfd(int clock, int64_t absolute_ns) {
  int fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return -1;
  if (absolute_ns >= 0 && clinux_timerfd_set(fd, absolute_ns) < 0) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }
  return fd;
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static volatile sig_atomic_t signalled_eventfd = -1;

static void write_eventfd(int number) {
  (void)number;
  int before = errno;
  uint64_t one = 1;
  // This fails only if the counter is at its maximum. The eventfd is readable then.
  ssize_t written = write(signalled_eventfd, &one, sizeof one);
  (void)written;
  errno = before;
}

int clinux_signal_to_eventfd(int signal_number, int eventfd) {
  signalled_eventfd = eventfd;
  struct sigaction action = {.sa_handler = write_eventfd, .sa_flags = SA_RESTART};
  return sigaction(signal_number, &action, NULL);
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_wait(int epoll, uint32_t *events, uint64_t *data, int capacity, int timeout_ms) {
  struct epoll_event ready[CLINUX_EPOLL_MOST];
  int count = epoll_wait(epoll, ready, capacity < CLINUX_EPOLL_MOST ? capacity : CLINUX_EPOLL_MOST, timeout_ms);
  for (int i = 0; i < count; i++) {
    events[i] = ready[i].events;
    data[i] = ready[i].data.u64;
  }
  return count;
}

int clinux_wait_readable(int fd, int64_t nanoseconds) {
  struct pollfd watched = {.fd = fd, .events = POLLIN};
  struct timespec left = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return ppoll(&watched, 1, &left, NULL);
}

int clinux_replace(int fd, int by_number) { return dup3(fd, by_number, O_CLOEXEC); }

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int in, int out, int err,
                 int new_session) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            (new_session ? POSIX_SPAWN_SETSID : 0));
  int result = posix_spawnp(pid, path, &actions, &attributes, argv, envp);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return result;
}

ssize_t clinux_write_to_pipe(int fd, const void *bytes, size_t count) {
  sigset_t pipe, pending, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ssize_t result = write(fd, bytes, count);
  int saved = errno;
  if (result < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE)) {
    struct timespec none = {0};
    while (sigtimedwait(&pipe, NULL, &none) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = saved;
  return result;
}

int clinux_listen_unix(void *address, uint32_t *length) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // An address with only the family makes the kernel choose the name.
  sa_family_t family = AF_UNIX;
  if (bind(fd, (const struct sockaddr *)&family, sizeof family) == 0 && listen(fd, SOMAXCONN) == 0 &&
      getsockname(fd, address, length) == 0)
    return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

uint32_t clinux_sockaddr(const char *address, uint16_t port, void *storage, uint32_t capacity) {
  if (capacity < sizeof(struct sockaddr_in6)) return 0;
  memset(storage, 0, capacity);
  struct sockaddr_in *four = storage;
  if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  memset(storage, 0, capacity);
  struct sockaddr_in6 *six = storage;
  if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
  }
  return 0;
}

void clinux_name_thread(const char *name) {
  char cut[16];
  strncpy(cut, name, 15);
  cut[15] = 0;
  pthread_setname_np(pthread_self(), cut);
}

int clinux_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

int clinux_open_direct(const char *path, int flags) { return open(path, flags | O_DIRECT | O_CLOEXEC); }

int64_t clinux_next_data(int fd, int64_t offset) { return lseek(fd, offset, SEEK_DATA); }

int64_t clinux_next_hole(int fd, int64_t offset) { return lseek(fd, offset, SEEK_HOLE); }

int clinux_move_wall_clock(int64_t nanoseconds) {
  struct timex change = {.modes = ADJ_SETOFFSET | ADJ_NANO};
  change.time.tv_sec = nanoseconds / 1000000000;
  change.time.tv_usec = nanoseconds % 1000000000;
  // The kernel requires a positive part below a second.
  if (change.time.tv_usec < 0) {
    change.time.tv_sec -= 1;
    change.time.tv_usec += 1000000000;
  }
  return clock_adjtime(CLOCK_REALTIME, &change) < 0 ? -1 : 0;
}

int clinux_may_move_wall_clock(void) {
  // The kernel checks the permission first (timekeeping_validate_timex in kernel/time/timekeeping.c), and then refuses a
  // negative number of nanoseconds.
  struct timex change = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_usec = -1}};
  return clock_adjtime(CLOCK_REALTIME, &change) < 0 && errno != EINVAL ? errno : 0;
}

int clinux_restart(void) { return reboot(RB_AUTOBOOT); }

int clinux_allocate(int fd, int64_t offset, int64_t length) { return fallocate(fd, 0, offset, length); }

int64_t clinux_file_system_type(const char *path) {
  struct statfs status;
  return statfs(path, &status) < 0 ? -1 : status.f_type;
}

int clinux_freeze_file_system(int fd) { return ioctl(fd, FIFREEZE, 0); }

int clinux_thaw_file_system(int fd) { return ioctl(fd, FITHAW, 0); }
