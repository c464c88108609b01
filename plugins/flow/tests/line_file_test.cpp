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
      const Result<bool> appended = file.append("second, too long\n");
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

TEST_CASE("a file that others rename, replace, delete or cut is followed, and says so once") {
  for (const Fsync fsync : {Fsync::never, Fsync::batch, Fsync::interval}) {
    TemporaryDirectory directory;
    const std::string path = directory / "f";
    LineFile file(path, fsync);
    REQUIRE(file.open());
    const auto write = [&](const std::string& line) {
      const auto change = file.follow();
      REQUIRE(change);
      const auto appended = file.append(line + "\n");
      REQUIRE(appended);
      CHECK(*appended);
      const auto again = file.follow();
      REQUIRE(again);
      CHECK(again->sentence.empty());
      return *change;
    };
    CHECK(write("1").sentence.empty());

    std::filesystem::rename(path, directory / "renamed");
    LineFile::Change change = write("2");
    CHECK_FALSE(change.takes_lines);
    CHECK(change.sentence ==
          path + " was renamed or replaced by another program, at 2 bytes; opened it again at 0 bytes");
    CHECK(read_all(directory / "renamed") == "1\n");
    CHECK(read_all(path) == "2\n");

    std::filesystem::remove(path);
    change = write("3");
    CHECK(change.takes_lines);
    CHECK(change.sentence == path + " was deleted by another program, at 2 bytes; opened it again at 0 bytes");
    CHECK(read_all(path) == "3\n");

    write_all(directory / "other", "other");
    std::filesystem::rename(directory / "other", path);
    CHECK(write("4").takes_lines);
    CHECK(read_all(path) == "other\n4\n");

    std::filesystem::resize_file(path, 3);
    change = write("5");
    CHECK(change.takes_lines);
    CHECK(change.sentence ==
          path +
              " was truncated by another program, from 8 to 3 bytes, and is written on from there; lines "
              "that the other program did not copy before are lost (logrotate's create loses none)");
    CHECK(read_all(path) == "oth\n5\n");

    std::filesystem::resize_file(path, 0);
    CHECK(write("6").takes_lines);
    CHECK(read_all(path) == "6\n");
    CHECK(file.size() == 2);

    std::ofstream(path, std::ios::app) << "no end";
    CHECK(write("7").sentence.empty());
    CHECK(read_all(path) == "6\nno end\n7\n");
  }
}

TEST_CASE("a text whose file goes while it is written is not taken for written") {
  TemporaryDirectory directory;
  LineFile file(directory / "f", Fsync::never);
  REQUIRE(file.open());
  REQUIRE(*file.append("before\n"));
  std::filesystem::remove(directory / "f");
  // Between the look and the write.
  const auto deleted = file.append("1\n");
  REQUIRE(deleted);
  CHECK_FALSE(*deleted);
  REQUIRE(file.follow());
  CHECK(*file.append("1\n"));
  CHECK(read_all(directory / "f") == "1\n");

  REQUIRE(*file.append("second\n"));
  std::filesystem::resize_file(directory / "f", 4);
  CHECK_FALSE(*file.append("3\n"));
}

TEST_CASE("what is cut back of a file that others cut is not filled with zeros") {
  TemporaryDirectory directory;
  LineFile file(directory / "f", Fsync::never);
  REQUIRE(file.open());
  REQUIRE(*file.append("1234567\n"));
  std::filesystem::resize_file(directory / "f", 0);
  {
    const FileLimit limit(4);
    CHECK_FALSE(file.append("a line that does not fit\n"));
  }
  CHECK(read_all(directory / "f").empty());
  REQUIRE(file.follow());
  CHECK(*file.append("9\n"));
  CHECK(read_all(directory / "f") == "9\n");
}

TEST_CASE("a file whose directory goes is opened again when the directory is back") {
  TemporaryDirectory directory;
  const std::string path = directory / "d/f";
  std::filesystem::create_directory(directory / "d");
  LineFile file(path, Fsync::batch);
  REQUIRE(file.open());
  REQUIRE(*file.append("1\n"));
  std::filesystem::remove_all(directory / "d");
  for (int i = 0; i < 2; ++i) {
    const auto change = file.follow();
    REQUIRE_FALSE(change);
    CHECK(change.error().code == "ENOENT");
  }
  std::filesystem::create_directory(directory / "d");
  const auto change = file.follow();
  REQUIRE(change);
  CHECK(change->sentence == path + " was deleted by another program, at 2 bytes; opened it again at 0 bytes");
  REQUIRE(*file.append("2\n"));
  CHECK(read_all(path) == "2\n");
}
