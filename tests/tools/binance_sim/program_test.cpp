// SPDX-License-Identifier: Apache-2.0
// The program as a user starts it: its first line, its exit codes, and its truth after SIGTERM.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "catch.hpp"
#include "client.hpp"

extern char** environ;

namespace {

class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), BINANCE_SIM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int out[2], err[2];
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(pipe2(err, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    REQUIRE(posix_spawn(&pid_, BINANCE_SIM, &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    out_ = fdopen(out[0], "r");
    err_ = fdopen(err[0], "r");
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    fclose(out_);
    fclose(err_);
  }
  std::string line() { return line_of(out_); }
  std::string error_line() { return line_of(err_); }
  std::uint16_t port() {
    const std::string first = line();
    REQUIRE(first.find("listening ws") == 0);
    return static_cast<std::uint16_t>(std::stoi(first.substr(first.rfind(':') + 1)));
  }
  void terminate() { kill(pid_, SIGTERM); }
  int exit_code() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static std::string line_of(FILE* file) {
    std::string line;
    for (int c = 0; (c = fgetc(file)) != EOF && c != '\n';) line += static_cast<char>(c);
    return line;
  }
  pid_t pid_ = -1;
  FILE* out_ = nullptr;
  FILE* err_ = nullptr;
};

}  // namespace

TEST_CASE("The first line says where; SIGTERM closes in order and writes the truth") {
  const std::string truth = (std::filesystem::temp_directory_path() / ("truth_" + std::to_string(getpid()))).string();
  Program program({"--port", "0", "--rate", "0", "--truth", truth});
  Client client(program.port(), nine_streams);
  REQUIRE(client.read_texts(1'000).size() == 1'000);
  program.terminate();
  std::size_t frames = 1'000;
  Message message;
  while ((message = client.read()).kind == Message::text) ++frames;
  CHECK(message.code == 1001);
  CHECK(program.exit_code() == 0);
  std::ifstream file(truth);
  std::string first;
  std::getline(file, first);
  CHECK(first == R"({"format":1,"seed":1,"ended_by":"SIGTERM","sent_events":)" + std::to_string(frames) + ",");
  std::filesystem::remove(truth);
}

TEST_CASE("With --exit-after-frames it ends by itself") {
  Program program({"--port", "0", "--rate", "0", "--frames", "100", "--exit-after-frames"});
  Client client(program.port(), nine_streams);
  CHECK(client.read_texts(1'000).size() == 100);
  CHECK(program.line() == "ended after 100 frames");
  CHECK(program.exit_code() == 0);
}

TEST_CASE("Exit codes and sentences") {
  Program first({"--port", "0"});
  const std::string port = std::to_string(first.port());
  Program second({"--port", port});
  CHECK(second.error_line() == "binance_sim: cannot listen on 127.0.0.1:" + port +
                                   ": another program uses this port; choose another with --port, or --port 0 for a "
                                   "free one");
  CHECK(second.exit_code() == 3);

  Program wrong({"--cut-at", "soon"});
  CHECK(wrong.error_line().find("binance_sim: --cut-at soon: expected [HOST/][every:]N") == 0);
  CHECK(wrong.exit_code() == 2);

  Program missing({"--port", "0", "--capture", "/nowhere/capture.gz"});
  CHECK(missing.error_line() == "binance_sim: cannot open the capture /nowhere/capture.gz: No such file or directory");
  CHECK(missing.exit_code() == 4);

  Program unwritable({"--port", "0", "--truth", "/nowhere/truth.json"});
  CHECK(unwritable.error_line().find("/nowhere/truth.json") != std::string::npos);
  CHECK(unwritable.exit_code() == 4);
}
