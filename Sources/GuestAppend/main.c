// The append service of the lab's guest: a log of records on a raw disk, where an
// acknowledgement is sent only after the disk has confirmed the record.
//
//   APPEND <seq> <hex>   ->  OK <seq>             on disk now, in the next free slot
//   READ                 ->  LOG <owner>
//                            REC <seq> <hex> ...  every whole record, in the order written
//                            TORN <slot> ...      every slot that holds something else
//                            END <count>          the number of whole records
//   BOOT                 ->  BOOT <boot_id>       the kernel's boot id
//   LOG                  ->  LOG <owner>          whose records these are; - before the first RESET
//   RESET <owner> <new>  ->  OK 0                 the log is empty, and <new> owns it
//   any failure          ->  ERR <errno> <text>
//
// An owner is a trial of a run. RESET takes the log from a stated owner. So if a request is executed late, after its
// client gave up, the log has another owner, and the request changes nothing (ERR 116). If <new> already owns the log,
// it is not changed.
//
// One thread per connection: a client that stalls doesn't block others. One lock around the disk:
// records are written one after another, so a crash can tear only the last one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  slot_size = 512,        // one sector: the unit that a virtio disk writes whole or not at all
  payload_limit = 128,    // hexadecimal digits of 64 bytes
  chunk_slots = 256,      // read or cleared at a time
  free_run = 8 * 1024,    // this many free slots in a row end a scan of the log
  // While the disk stalls, each client has a waiting thread: with many more, a small guest's init
  // could not fork.
  connection_limit = 64
};

static const uint32_t magic = 0x4d555250;       // "MURP"
static const uint32_t owner_magic = 0x4d55524f; // "MURO": the first slot, which has the owner

struct record {
  uint32_t magic;
  uint32_t length;
  uint64_t sequence;
  char payload[payload_limit];
  char padding[slot_size - 2 * sizeof(uint32_t) - sizeof(uint64_t) - payload_limit - sizeof(uint32_t)];
  uint32_t checksum; // CRC-32 (IEEE 802.3) of all before it
};
_Static_assert(sizeof(struct record) == slot_size, "a record fills its slot");

enum kind { kind_free, kind_whole, kind_torn };

static struct {
  pthread_mutex_t lock;
  const char *path;
  int file;      // -1 until the disk could be opened
  int64_t slots; // that the disk has for records, after the first
  int64_t tail;  // the next free slot; -1 until the log was scanned
  char owner[payload_limit + 1];
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .file = -1, .tail = -1};

static atomic_int connections;

// O_DIRECT needs aligned memory; guarded by disk.lock.
static _Alignas(4096) char chunk[chunk_slots * slot_size];

static uint32_t crc32(const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  uint32_t crc = ~0u;
  while (count--) {
    crc ^= *byte++;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

static int is_whole(const struct record *record, uint32_t magic) {
  return record->magic == magic && record->length > 0 && record->length <= payload_limit &&
         record->checksum == crc32(record, offsetof(struct record, checksum));
}

static enum kind kind_of(const struct record *record) {
  if (is_whole(record, magic)) return kind_whole;
  const char *byte = (const char *)record;
  for (int i = 0; i < slot_size; i++)
    if (byte[i]) return kind_torn;
  return kind_free;
}

// All functions below return 0 or an errno, and are called with disk.lock held.

static int disk_open(void) {
  if (disk.file >= 0) return 0;
  // Without the page cache: a read returns the disk's content, not that of memory.
  int file = open(disk.path, O_RDWR | O_DSYNC | O_DIRECT | O_CLOEXEC);
  if (file < 0 && errno == EINVAL) file = open(disk.path, O_RDWR | O_DSYNC | O_CLOEXEC);
  if (file < 0) return errno;
  off_t size = lseek(file, 0, SEEK_END);
  if (size < 0) {
    int error = errno;
    close(file);
    return error;
  }
  disk.file = file;
  disk.slots = size / slot_size - 1;
  return 0;
}

// The owner's slot is -1.
static int disk_read(int64_t slot, int64_t count) {
  slot++;
  size_t wanted = count * slot_size, done = 0;
  while (done < wanted) {
    ssize_t n = pread(disk.file, chunk + done, wanted - done, slot * slot_size + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    done += n;
  }
  return 0;
}

static int disk_write(int64_t slot, int64_t count) {
  slot++;
  size_t wanted = count * slot_size, done = 0;
  while (done < wanted) {
    ssize_t n = pwrite(disk.file, chunk + done, wanted - done, slot * slot_size + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += n;
  }
  return fdatasync(disk.file) < 0 ? errno : 0;
}

// Finds the tail. A record that was damaged in the middle of the log doesn't end it. Only a long run of free slots ends
// it, or the disk's end.
static int disk_scan(void) {
  if (disk.tail >= 0) return 0;
  int error = disk_open();
  if (error) return error;
  if ((error = disk_read(-1, 1))) return error;
  const struct record *first = (struct record *)chunk;
  int is_owned = is_whole(first, owner_magic);
  snprintf(disk.owner, sizeof disk.owner, "%.*s", is_owned ? (int)first->length : 1, is_owned ? first->payload : "-");
  int64_t tail = 0;
  for (int64_t slot = 0; slot < disk.slots && slot - tail < free_run; slot += chunk_slots) {
    int64_t count = disk.slots - slot < chunk_slots ? disk.slots - slot : chunk_slots;
    if ((error = disk_read(slot, count))) return error;
    for (int64_t i = 0; i < count; i++)
      if (kind_of((struct record *)(chunk + i * slot_size)) != kind_free) tail = slot + i + 1;
  }
  disk.tail = tail;
  return 0;
}

static int disk_record(int64_t slot, uint32_t magic, uint64_t sequence, const char *payload, size_t length) {
  struct record record = {.magic = magic, .length = length, .sequence = sequence};
  memcpy(record.payload, payload, length);
  record.checksum = crc32(&record, offsetof(struct record, checksum));
  memcpy(chunk, &record, sizeof record);
  return disk_write(slot, 1);
}

static int log_append(uint64_t sequence, const char *payload, size_t length) {
  int error = disk_scan();
  if (error) return error;
  if (disk.tail >= disk.slots) return ENOSPC;
  if ((error = disk_record(disk.tail, magic, sequence, payload, length))) return error;
  disk.tail++;
  return 0;
}

// From the tail backwards, so that a crash leaves a shorter log and never a gap. The owner is written last, so that a
// crash keeps the earlier owner, who may try again.
static int log_reset(const char *owner, const char *new) {
  int error = disk_scan();
  if (error) return error;
  if (!strcmp(disk.owner, new)) return 0;
  if (strcmp(disk.owner, owner)) return ESTALE;
  while (disk.tail > 0) {
    int64_t count = disk.tail < chunk_slots ? disk.tail : chunk_slots;
    memset(chunk, 0, count * slot_size);
    if ((error = disk_write(disk.tail - count, count))) return error;
    disk.tail -= count;
  }
  if ((error = disk_record(-1, owner_magic, 0, new, strlen(new)))) return error;
  snprintf(disk.owner, sizeof disk.owner, "%s", new);
  return 0;
}

static void answer_error(FILE *client, int error) { fprintf(client, "ERR %d %s\n", error, strerror(error)); }

static void answer_append(FILE *client, const char *arguments) {
  char *end;
  errno = 0;
  uint64_t sequence = strtoull(arguments, &end, 10);
  const char *payload = end + 1;
  size_t length = *end == ' ' ? strspn(payload, "0123456789abcdefABCDEF") : 0;
  if (errno || end == arguments || *arguments < '0' || *arguments > '9' || length == 0 ||
      length > payload_limit || payload[length]) {
    answer_error(client, EINVAL);
    return;
  }
  pthread_mutex_lock(&disk.lock);
  int error = log_append(sequence, payload, length);
  pthread_mutex_unlock(&disk.lock);
  if (error)
    answer_error(client, error);
  else
    fprintf(client, "OK %llu\n", (unsigned long long)sequence);
}

// Copies a chunk under the lock and sends it without the lock, since a reader that stalls must not block the disk.
static void answer_read(FILE *client) {
  char *copy = malloc(sizeof chunk);
  if (!copy) {
    answer_error(client, ENOMEM);
    return;
  }
  long long whole = 0;
  for (int64_t slot = 0;; slot += chunk_slots) {
    pthread_mutex_lock(&disk.lock);
    int error = disk_scan();
    char owner[sizeof disk.owner];
    memcpy(owner, disk.owner, sizeof owner);
    int64_t count = disk.tail - slot < chunk_slots ? disk.tail - slot : chunk_slots;
    if (!error && count > 0) error = disk_read(slot, count);
    if (!error && count > 0) memcpy(copy, chunk, count * slot_size);
    pthread_mutex_unlock(&disk.lock);
    if (error) {
      answer_error(client, error);
      break;
    }
    if (slot == 0) fprintf(client, "LOG %s\n", owner);
    for (int64_t i = 0; i < count; i++) {
      const struct record *record = (struct record *)(copy + i * slot_size);
      if (kind_of(record) == kind_whole) {
        whole++;
        fprintf(client, "REC %llu %.*s\n", (unsigned long long)record->sequence, (int)record->length,
                record->payload);
      } else {
        fprintf(client, "TORN %lld\n", (long long)(slot + i));
      }
    }
    if (count < chunk_slots) {
      fprintf(client, "END %lld\n", whole);
      break;
    }
  }
  free(copy);
}

static void answer_log(FILE *client) {
  pthread_mutex_lock(&disk.lock);
  int error = disk_scan();
  char owner[sizeof disk.owner];
  memcpy(owner, disk.owner, sizeof owner);
  pthread_mutex_unlock(&disk.lock);
  if (error)
    answer_error(client, error);
  else
    fprintf(client, "LOG %s\n", owner);
}

static int is_owner(const char *word) {
  size_t length = strlen(word);
  return length > 0 && length <= payload_limit && !strchr(word, ' ');
}

static void answer_reset(FILE *client, char *arguments) {
  char *new = strchr(arguments, ' ');
  if (new) *new++ = 0;
  if (!new || !is_owner(arguments) || !is_owner(new)) {
    answer_error(client, EINVAL);
    return;
  }
  pthread_mutex_lock(&disk.lock);
  int error = log_reset(arguments, new);
  pthread_mutex_unlock(&disk.lock);
  if (error)
    answer_error(client, error);
  else
    fputs("OK 0\n", client);
}

static void answer_boot(FILE *client) {
  char id[64];
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  if (!file || !fgets(id, sizeof id, file))
    answer_error(client, errno ? errno : EIO);
  else
    fprintf(client, "BOOT %s", id);
  if (file) fclose(file);
}

static void *serve(void *argument) {
  int socket = (int)(intptr_t)argument;
  int output = dup(socket);
  FILE *from = fdopen(socket, "r");
  FILE *client = output >= 0 ? fdopen(output, "w") : NULL;
  char line[512];
  while (from && client && fgets(line, sizeof line, from)) {
    char *end = strchr(line, '\n');
    if (!end) break; // longer than any request, or cut off: nothing to answer
    *end = 0;
    if (end > line && end[-1] == '\r') end[-1] = 0;
    if (!strncmp(line, "APPEND ", 7))
      answer_append(client, line + 7);
    else if (!strcmp(line, "READ"))
      answer_read(client);
    else if (!strcmp(line, "BOOT"))
      answer_boot(client);
    else if (!strcmp(line, "LOG"))
      answer_log(client);
    else if (!strncmp(line, "RESET ", 6))
      answer_reset(client, line + 6);
    else
      answer_error(client, EINVAL);
    if (fflush(client)) break;
  }
  if (client)
    fclose(client);
  else if (output >= 0)
    close(output);
  if (from)
    fclose(from);
  else
    close(socket);
  atomic_fetch_sub(&connections, 1);
  return NULL;
}

// A client whose host was unplugged never closes the connection: it is closed after half a minute.
static void configure(int socket) {
  int on = 1, idle = 15, interval = 5, count = 3;
  unsigned timeout = 30 * 1000;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int main(int argc, char **argv) {
  long port = argc == 3 ? strtol(argv[2], NULL, 10) : -1;
  if (port < 0 || port > 65535) {
    fprintf(stderr, "usage: %s DISK PORT\n", argv[0]);
    return 2;
  }
  disk.path = argv[1];
  signal(SIGPIPE, SIG_IGN);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 256) ||
      getsockname(listener, (struct sockaddr *)&address, &size)) {
    perror("listen");
    return 1;
  }
  // Port 0 lets the kernel choose; the service prints it.
  printf("listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);

  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 32 * 1024);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  for (;;) {
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) {
      if (errno != EINTR && errno != ECONNABORTED) usleep(100 * 1000); // out of files: wait until some are closed
      continue;
    }
    configure(client);
    pthread_t thread;
    if (atomic_fetch_add(&connections, 1) >= connection_limit ||
        pthread_create(&thread, &small, serve, (void *)(intptr_t)client)) {
      atomic_fetch_sub(&connections, 1);
      close(client);
    }
  }
}
