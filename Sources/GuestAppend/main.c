// The append service of the lab's guest: a log of records on a raw disk, where an acknowledgement is sent only after
// the disk has confirmed the record. Protocol and layout are version 2.
//
//   APPEND <number> <hex> ->  OK <number>             on disk now, at the place of its number
//   READ                  ->  LOG 2 <owner>
//                             REC <number> <previous> <its checksum> <checksum> <hex> ...  a whole record of the owner
//                             TORN <number> ...       a place that has something else than a whole record
//                             OLD <number> ...        a place that has a whole record of an earlier owner
//                             END <count>             the number of whole records of the owner
//   BOOT                  ->  BOOT <boot_id>          the kernel's boot id
//   LOG                   ->  LOG 2 <owner>           whose records these are; - before the first RESET
//   RESET <owner> <new>   ->  OK 0                    the log is empty, and <new> owns it
//   any failure           ->  ERR <errno> <text>
//
// Record n is in sector n, so that it is known which record is missing, torn or older. Each record names the record
// that was written before it, with its checksum: a chain. So a record that is gone although a later one builds on it
// was on the disk before, and two records that build on the same one show that the disk was seen in an older state.
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
  free_run = 8 * 1024,    // this many free slots in a row end the scan of a disk with an unknown layout
  limit_step = 4096,      // the head is written again after this many records
  // While the disk stalls, each client has a waiting thread: with many more, a small guest's init
  // could not fork.
  connection_limit = 64
};

static const uint32_t record_magic = 0x4d555232; // "MUR2"
static const uint32_t head_magic = 0x4d555248;   // "MURH"
static const uint32_t layout = 2;

// The sector of a record. Murphy's Sources/Journal/AppendRecord.swift reads the same layout.
struct record {
  uint32_t magic;
  uint32_t length;
  uint64_t number;
  uint64_t owner;    // FNV-1a of the owner's name
  uint64_t previous; // the number of the record that was written before; 0 if there is none
  uint32_t previous_checksum;
  char payload[payload_limit];
  char padding[slot_size - 3 * sizeof(uint32_t) - 3 * sizeof(uint64_t) - payload_limit - 2 * sizeof(uint32_t)];
  uint32_t end_magic; // the same as at the beginning, so that a sector with only one of them is torn
  uint32_t checksum;  // CRC-32 (IEEE 802.3) of all before it
};
_Static_assert(sizeof(struct record) == slot_size, "a record fills its slot");
_Static_assert(offsetof(struct record, payload) == 36, "no hidden padding");

// Sector 0.
struct head {
  uint32_t magic;
  uint32_t layout;
  uint64_t limit; // no record has a greater number
  char owner[payload_limit + 4];
  char padding[slot_size - 2 * sizeof(uint32_t) - sizeof(uint64_t) - (payload_limit + 4) - sizeof(uint32_t)];
  uint32_t checksum;
};
_Static_assert(sizeof(struct head) == slot_size, "the head fills its slot");

enum kind { kind_free, kind_whole, kind_older, kind_torn };

static struct {
  pthread_mutex_t lock;
  const char *path;
  int file;      // -1 until the disk could be opened
  int64_t slots; // that the disk has, with the head
  int is_scanned;
  int64_t limit; // of the head
  char *present; // a bit for each whole record of the owner, by its number
  char owner[payload_limit + 4];
  uint64_t owner_id;
  // The record that was written last; 0 if there is none.
  uint64_t last;
  uint32_t last_checksum;
  // For tests that a guest that acknowledges too early is found out.
  int acknowledges_before_sync;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .file = -1};

static atomic_int connections;

// O_DIRECT needs aligned memory; guarded by disk.lock.
static _Alignas(4096) char chunk[chunk_slots * slot_size];

static uint32_t crc_table[256];

static void crc_prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
    crc_table[byte] = value;
  }
}

static uint32_t crc32(const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  uint32_t crc = ~0u;
  while (count--) crc = crc >> 8 ^ crc_table[(crc ^ *byte++) & 0xff];
  return ~crc;
}

static uint64_t owner_id(const char *name) {
  uint64_t hash = 0xcbf29ce484222325u;
  while (*name) hash = (hash ^ (unsigned char)*name++) * 0x100000001b3u;
  return hash;
}

static int is_free(const void *slot) {
  const char *byte = slot;
  for (int i = 0; i < slot_size; i++)
    if (byte[i]) return 0;
  return 1;
}

static enum kind kind_of(const struct record *record, uint64_t number, uint64_t owner) {
  if (is_free(record)) return kind_free;
  int is_whole = record->magic == record_magic && record->end_magic == record_magic && record->length > 0 &&
                 record->length <= payload_limit && record->number == number &&
                 record->checksum == crc32(record, offsetof(struct record, checksum));
  return !is_whole ? kind_torn : record->owner == owner ? kind_whole : kind_older;
}

// All functions below return 0 or an errno, and are called with disk.lock held.

static int disk_open(void) {
  if (disk.file >= 0) return 0;
  int flags = O_RDWR | O_CLOEXEC;
  // Without the page cache: a read returns the disk's content, not that of memory.
  if (!disk.acknowledges_before_sync) flags |= O_DSYNC | O_DIRECT;
  int file = open(disk.path, flags);
  if (file < 0 && errno == EINVAL) file = open(disk.path, flags & ~O_DIRECT);
  if (file < 0) return errno;
  off_t size = lseek(file, 0, SEEK_END);
  if (size < 0) {
    int error = errno;
    close(file);
    return error;
  }
  disk.slots = size / slot_size;
  disk.present = calloc(disk.slots / 8 + 1, 1);
  if (!disk.present) {
    close(file);
    return ENOMEM;
  }
  disk.file = file;
  return 0;
}

static int disk_read(int64_t slot, int64_t count) {
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
  size_t wanted = count * slot_size, done = 0;
  while (done < wanted) {
    ssize_t n = pwrite(disk.file, chunk + done, wanted - done, slot * slot_size + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += n;
  }
  return disk.acknowledges_before_sync || !fdatasync(disk.file) ? 0 : errno;
}

static int head_write(const char *owner, int64_t limit) {
  struct head head = {.magic = head_magic, .layout = layout, .limit = limit};
  snprintf(head.owner, sizeof head.owner, "%s", owner);
  head.checksum = crc32(&head, offsetof(struct head, checksum));
  memcpy(chunk, &head, sizeof head);
  return disk_write(0, 1);
}

// Of a disk without a valid head: the last slot before a long run of free slots.
static int head_guess(void) {
  int64_t used = 0;
  for (int64_t slot = 1; slot < disk.slots && slot - used <= free_run; slot += chunk_slots) {
    int64_t count = disk.slots - slot < chunk_slots ? disk.slots - slot : chunk_slots;
    int error = disk_read(slot, count);
    if (error) return error;
    for (int64_t i = 0; i < count; i++)
      if (!is_free(chunk + i * slot_size)) used = slot + i;
  }
  disk.limit = used;
  return 0;
}

// Finds the record that was written last: the one on which no other record builds. If there are several, since the disk
// was seen in an older state, it is the one with the greatest number.
static int disk_scan(void) {
  if (disk.is_scanned) return 0;
  int error = disk_open();
  if (error) return error;
  if ((error = disk_read(0, 1))) return error;
  struct head head;
  memcpy(&head, chunk, sizeof head);
  int is_owned = head.magic == head_magic && head.layout == layout &&
                 head.checksum == crc32(&head, offsetof(struct head, checksum));
  snprintf(disk.owner, sizeof disk.owner, "%s", is_owned ? head.owner : "-");
  disk.owner_id = owner_id(disk.owner);
  disk.last = disk.last_checksum = 0;
  memset(disk.present, 0, disk.slots / 8 + 1);
  disk.limit = (int64_t)head.limit < disk.slots ? (int64_t)head.limit : disk.slots - 1;
  if (!is_owned) {
    if ((error = head_guess())) return error;
    disk.is_scanned = 1;
    return 0;
  }
  char *is_built_on = calloc(disk.limit / 8 + 1, 1);
  if (!is_built_on) return ENOMEM;
  // The first pass marks the records on which others build; the second finds the last one that has no mark.
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t slot = 1; slot <= disk.limit && !error; slot += chunk_slots) {
      int64_t count = disk.limit + 1 - slot < chunk_slots ? disk.limit + 1 - slot : chunk_slots;
      if ((error = disk_read(slot, count))) break;
      for (int64_t i = 0; i < count; i++) {
        const struct record *record = (struct record *)(chunk + i * slot_size);
        if (kind_of(record, slot + i, disk.owner_id) != kind_whole) continue;
        if (pass == 0) {
          disk.present[(slot + i) / 8] |= 1 << (slot + i) % 8;
          if (record->previous <= (uint64_t)disk.limit)
            is_built_on[record->previous / 8] |= 1 << record->previous % 8;
        } else if (!(is_built_on[(slot + i) / 8] & 1 << (slot + i) % 8)) {
          disk.last = slot + i;
          disk.last_checksum = record->checksum;
        }
      }
    }
  }
  free(is_built_on);
  if (!error) disk.is_scanned = 1;
  return error;
}

static int log_append(uint64_t number, const char *payload, size_t length) {
  int error = disk_scan();
  if (error) return error;
  if (number == 0) return EINVAL;
  if (number >= (uint64_t)disk.slots) return ENOSPC;
  if (number > (uint64_t)disk.limit) {
    int64_t limit = (number / limit_step + 1) * limit_step;
    if (limit >= disk.slots) limit = disk.slots - 1;
    if ((error = head_write(disk.owner, limit))) {
      disk.is_scanned = 0;
      return error;
    }
    disk.limit = limit;
  }
  // A record is written once.
  if (disk.present[number / 8] & 1 << number % 8) return EEXIST;
  struct record record = {.magic = record_magic, .length = length, .number = number, .owner = disk.owner_id,
                          .previous = disk.last, .previous_checksum = disk.last_checksum, .end_magic = record_magic};
  memcpy(record.payload, payload, length);
  record.checksum = crc32(&record, offsetof(struct record, checksum));
  memcpy(chunk, &record, sizeof record);
  // After a failure it is not known whether the record is on the disk.
  if ((error = disk_write(number, 1))) {
    disk.is_scanned = 0;
    return error;
  }
  disk.present[number / 8] |= 1 << number % 8;
  disk.last = number;
  disk.last_checksum = record.checksum;
  return 0;
}

// The owner is written last, so that a crash keeps the earlier owner, who may try again.
static int log_reset(const char *owner, const char *new) {
  int error = disk_scan();
  if (error) return error;
  if (!strcmp(disk.owner, new)) return 0;
  if (strcmp(disk.owner, owner)) return ESTALE;
  disk.is_scanned = 0;
  for (int64_t slot = disk.limit; slot > 0;) {
    int64_t count = slot < chunk_slots ? slot : chunk_slots;
    memset(chunk, 0, count * slot_size);
    if ((error = disk_write(slot - count + 1, count))) return error;
    slot -= count;
  }
  return head_write(new, 0);
}

static void answer_error(FILE *client, int error) { fprintf(client, "ERR %d %s\n", error, strerror(error)); }

static void answer_append(FILE *client, const char *arguments) {
  char *end;
  errno = 0;
  uint64_t number = strtoull(arguments, &end, 10);
  const char *payload = end + 1;
  size_t length = *end == ' ' ? strspn(payload, "0123456789abcdefABCDEF") : 0;
  if (errno || end == arguments || *arguments < '0' || *arguments > '9' || length == 0 ||
      length > payload_limit || payload[length]) {
    answer_error(client, EINVAL);
    return;
  }
  pthread_mutex_lock(&disk.lock);
  int error = log_append(number, payload, length);
  pthread_mutex_unlock(&disk.lock);
  if (error)
    answer_error(client, error);
  else
    fprintf(client, "OK %llu\n", (unsigned long long)number);
}

// Copies a chunk under the lock and sends it without the lock, since a reader that stalls must not block the disk.
static void answer_read(FILE *client) {
  char *copy = malloc(sizeof chunk);
  if (!copy) {
    answer_error(client, ENOMEM);
    return;
  }
  long long whole = 0;
  for (int64_t slot = 1;; slot += chunk_slots) {
    pthread_mutex_lock(&disk.lock);
    int error = disk_scan();
    char owner[sizeof disk.owner];
    memcpy(owner, disk.owner, sizeof owner);
    int64_t left = disk.limit + 1 - slot, count = left < chunk_slots ? left : chunk_slots;
    if (!error && count > 0) error = disk_read(slot, count);
    if (!error && count > 0) memcpy(copy, chunk, count * slot_size);
    pthread_mutex_unlock(&disk.lock);
    if (error) {
      answer_error(client, error);
      break;
    }
    if (slot == 1) fprintf(client, "LOG %d %s\n", (int)layout, owner);
    for (int64_t i = 0; i < count; i++) {
      const struct record *record = (struct record *)(copy + i * slot_size);
      long long number = slot + i;
      switch (kind_of(record, number, owner_id(owner))) {
      case kind_free: break;
      case kind_whole:
        whole++;
        fprintf(client, "REC %lld %llu %08x %08x %.*s\n", number, (unsigned long long)record->previous,
                record->previous_checksum, record->checksum, (int)record->length, record->payload);
        break;
      case kind_older: fprintf(client, "OLD %lld\n", number); break;
      case kind_torn: fprintf(client, "TORN %lld\n", number); break;
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
    fprintf(client, "LOG %d %s\n", (int)layout, owner);
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
  disk.acknowledges_before_sync = argc == 4 && !strcmp(argv[3], "--acknowledge-before-sync");
  long port = argc == 3 || disk.acknowledges_before_sync ? strtol(argv[2], NULL, 10) : -1;
  if (port < 0 || port > 65535) {
    fprintf(stderr, "usage: %s DISK PORT [--acknowledge-before-sync]\n", argv[0]);
    return 2;
  }
  disk.path = argv[1];
  crc_prepare();
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
