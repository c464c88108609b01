// SPDX-License-Identifier: Apache-2.0
#include "socket_bio.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace sluice::net {
namespace {

int descriptor(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

bool again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int read_bytes(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(descriptor(bio), to, static_cast<size_t>(room), MSG_DONTWAIT);
  if (got < 0 && again()) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int write_bytes(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(descriptor(bio), from, static_cast<size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && again()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

// The end of the stream must be known by BIO_eof, or OpenSSL can't tell a truncated one from an error.
long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "non-blocking socket");
    if (fresh != nullptr) {
      BIO_meth_set_read(fresh, &read_bytes);
      BIO_meth_set_write(fresh, &write_bytes);
      BIO_meth_set_ctrl(fresh, &control);
    }
    return fresh;
  }();
  return made;
}

}  // namespace

BIO* new_socket_bio(int fd) {
  BIO* bio = method() == nullptr ? nullptr : BIO_new(method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace sluice::net
