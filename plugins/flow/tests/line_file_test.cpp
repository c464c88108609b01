// SPDX-License-Identifier: Apache-2.0
#include "line_file.hpp"

#include "file_limit.hpp"
#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;

TEST_CASE("an append that finds no room leaves nothing behind, and works when there is room") {
  TemporaryDirectory directory;
  LineFile file(directory / "f", Fsync::batch);
  REQUIRE(file.open());
  REQUIRE(file.append("first\n"));
  {
    const FileLimit limit(10);
    for (int i = 0; i < 3; ++i) {
      const Result<void> appended = file.append("second, too long\n");
      REQUIRE_FALSE(appended);
      CHECK(appended.error().code == "EFBIG");
      CHECK(read_all(directory / "f") == "first\n");
    }
  }
  REQUIRE(file.append("second, too long\n"));
  CHECK(read_all(directory / "f") == "first\nsecond, too long\n");
  CHECK(file.size() == 23);
}

TEST_CASE("rotation moves the files on and forgets the oldest") {
  TemporaryDirectory directory;
  LineFile file(directory / "f", Fsync::never);
  REQUIRE(file.open());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(file.append(std::to_string(i) + "\n"));
    REQUIRE(file.rotate(3));
  }
  CHECK(read_all(directory / "f").empty());
  CHECK(read_all(directory / "f.1") == "4\n");
  CHECK(read_all(directory / "f.2") == "3\n");
  CHECK(read_all(directory / "f.3") == "2\n");
  CHECK_FALSE(std::filesystem::exists(directory / "f.4"));
}

TEST_CASE("an unfinished last line is ended when the file is opened") {
  TemporaryDirectory directory;
  write_all(directory / "f", "{\"a\":1}\n{\"b\":");
  LineFile file(directory / "f", Fsync::never);
  REQUIRE(file.open());
  REQUIRE(file.append("{}\n"));
  CHECK(read_all(directory / "f") == "{\"a\":1}\n{\"b\":\n{}\n");
}

TEST_CASE("a file has one writer, and is a file") {
  TemporaryDirectory directory;
  LineFile first(directory / "f", Fsync::never);
  REQUIRE(first.open());
  LineFile second(directory / "f", Fsync::never);
  const Result<void> opened = second.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("another node or process") != std::string::npos);

  REQUIRE(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(LineFile(directory / "pipe", Fsync::never).open());
  CHECK_FALSE(LineFile(directory / "no/such/directory", Fsync::never).open());
  CHECK_FALSE(LineFile(directory / ".", Fsync::never).open());
}
