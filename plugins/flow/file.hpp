// SPDX-License-Identifier: Apache-2.0
// `file`: a sink of JSON lines, and the usual dead letter. A batch settles as delivered when its lines are written,
// with `fsync: batch` when they are on the disk. While the disk is full or broken nothing settles and nothing is lost:
// the node says why, tries again for ever, and what a failed write left behind is cut off first, so no line appears
// twice. When another program renames, deletes or cuts the file, it is opened again, and what was under way is written
// to what is there then. Writes on a thread of its own. A repeat from upstream is a second line.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "line_file.hpp"
#include "line_format.hpp"
#include "sluice/node.hpp"
#include "sluice/option.hpp"
#include "writer_thread.hpp"

namespace sluice::flow {

class File : public Sink, private WriterThread::Writer {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<File>> open(Context context, Config options);
  File(Context context, Config options);
  ~File() override { thread_.end(); }
  Result<void> start() override;
  Result<void> write(Batch batch) override;

 private:
  void write(std::vector<Batch>& batches) override;
  std::optional<WriterThread::Duration> tick() override;
  bool write_out();
  Result<void> write_piece(size_t& from);
  Result<void> follow();
  void look();
  void failed(const Error& error);
  void worked();
  size_t piece_from(size_t from) const;
  bool until_done(const std::function<Result<void>()>& what);
  void sync_at_interval();

  Context context_;
  const Fsync fsync_;
  const WriterThread::Duration fsync_every_;
  const uint64_t rotate_bytes_;  ///< 0: never
  const int64_t rotate_keep_;
  const Metric written_bytes_;
  const Metric write_errors_;
  const Metric rotations_;
  const Metric reopened_;
  LineFormat format_;
  LineFile file_;
  std::string text_;          ///< lines to write
  std::vector<size_t> ends_;  ///< of each line in text_
  bool is_blocked_ = false;
  bool is_unsynced_ = false;
  std::chrono::steady_clock::time_point next_sync_{};
  std::chrono::steady_clock::time_point next_look_{};
  WriterThread thread_;
};

inline constexpr sluice_str file_fsync[] = {to_str("never"), to_str("batch"), to_str("interval")};
inline constexpr sluice_option file_rotate[] = {
    option::size("bytes", "The largest size of a file. Only a single larger line may exceed it.")
        .required()
        .at_least(1),
    option::count("keep", "The number of old files to keep. The oldest is deleted.").or_else("5").between(1, 1000),
};
inline constexpr sluice_option file_attribute = option::attribute("attribute", "An attribute to write.");
inline constexpr sluice_option file_options[] = {
    option::text("path", "The file to append to. Its directory must exist.").required().such_as("rejects.jsonl"),
    option::boolean("envelope",
                    "Write each line as an object with payload, error and time, instead of only the payload.")
        .or_else("false"),
    option::list("attributes", "Attributes that the envelope carries.", file_attribute).such_as("[stream, symbol]"),
    option::choice("fsync", "When to sync lines to the disk: never, before each batch settles, or at an interval.",
                   file_fsync)
        .or_else("never"),
    option::duration("fsync_every", "The interval of fsync: interval.").or_else("1s").at_least(1'000'000),
    option::object("rotate", "When to begin a new file. Default: never.", file_rotate)
        .such_as("{ bytes: 64MiB, keep: 5 }"),
    option::count("max_in_flight", "Batches that may wait to be written.").or_else("16").between(1, 1000).advanced(),
};

}  // namespace sluice::flow
