// SPDX-License-Identifier: Apache-2.0
// A file that only grows by whole pieces: append writes all of a text or, on an error, none of it, so trying again
// writes nothing twice. Others may rename, delete, replace or cut the file at any time: follow then opens what the path
// names now, and append says whether its text is still in a file that has a name. Rotation renames PATH to PATH.1,
// PATH.1 to PATH.2 and so on, and can be tried again from any point. One writer a file, by a lock. Not for pipes. Used
// by one thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/result.hpp"

namespace sluice::flow {

enum class Fsync {
  never,
  batch,    ///< append returns when the text is on the disk
  interval  ///< when sync is called, and when a full file is left
};

class LineFile {
 public:
  LineFile(std::string path, Fsync fsync) : path_(std::move(path)), fsync_(fsync) {}
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  ~LineFile();

  /// Makes the file if need be. An unfinished line at its end, of a process that died, is ended first.
  Result<void> open();
  /// What another program did to the file.
  struct Change {
    bool takes_lines = false;  ///< lines that were written are gone; else they are in the file under its new name
    std::string sentence{};    ///< empty: nothing happened
  };
  /// Before each append: opens the path again when it no longer leads to this file, and takes note of a new size.
  Result<Change> follow();
  /// False: somebody deleted or cut the file meanwhile, so the text may be gone; follow, and append it again.
  Result<bool> append(std::string_view text);
  Result<void> sync();
  /// Keeps `keep` old files beside the new one; the oldest goes.
  Result<void> rotate(int64_t keep);
  uint64_t size() const { return size_; }

 private:
  Result<void> open_locked();
  Result<void> end_last_line();
  Result<Change> reopen();
  Result<void> write_all(std::string_view text);
  Result<bool> is_still_there(size_t text_size) const;
  Result<void> cut_back();
  Result<void> move(const std::string& from, const std::string& to);
  void sync_directory() const;
  Error failure(const char* what, int number) const;
  void close();

  const std::string path_;
  const Fsync fsync_;
  int descriptor_ = -1;
  bool is_regular_ = false;
  uint64_t loose_ = 0;    ///< bytes of a text that failed, at the end of the file, to be cut off
  uint64_t size_ = 0;     ///< of the file when it was looked at last, without the loose bytes
  Change left_{};         ///< of the file before, until the path is open again
  uint64_t written_ = 0;  ///< of the text under way, into what cannot be cut back
};

}  // namespace sluice::flow
