// SPDX-License-Identifier: Apache-2.0
#include "pooler.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support.hpp"

namespace timescale_test {
namespace {

constexpr const char* program = "/usr/sbin/pgbouncer";

uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(listener);
  return ntohs(address.sin_port);
}

}  // namespace

bool Pooler::is_at_hand() {
  if (::access(program, X_OK) == 0) return true;
  sluice_test::skip_without(program);
  return false;
}

Pooler::Pooler(const std::string& server, const std::string& mode, int connections) {
  const Database person(server);
  const std::string port = std::to_string(free_port());
  std::string path = (std::filesystem::temp_directory_path() / "sluice-pooler-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no folder for PgBouncer");
  folder_ = path;
  std::ofstream ini(folder_ + "/pgbouncer.ini");
  ini << "[databases]\npooled = host=" << PQhostaddr(person.get()) << " port=" << PQport(person.get())
      << " dbname=" << PQdb(person.get()) << " user=" << PQuser(person.get()) << "\n[pgbouncer]\n"
      << "listen_addr=127.0.0.1\nlisten_port=" << port << "\nauth_type=any\nunix_socket_dir=\npool_mode=" << mode
      << "\ndefault_pool_size=" << connections << "\nmax_client_conn=100\n";
  // It refuses to run as root.
  if (::geteuid() == 0) ini << "user=nobody\n";
  ini.close();
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  process_ = ::fork();
  if (process_ == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(nothing, fd);
    ::execl(program, program, (folder_ + "/pgbouncer.ini").c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  url_ = "postgresql://127.0.0.1:" + port + "/pooled?user=anybody";
  while (PQping(url_.c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) != 0) {
      process_ = -1;
      throw std::runtime_error("PgBouncer did not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Pooler::~Pooler() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace timescale_test
