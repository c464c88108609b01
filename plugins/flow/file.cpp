// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include <algorithm>
#include <filesystem>

#include "sluice/backoff.hpp"

namespace sluice::flow {
namespace {

constexpr size_t write_bytes = 1024 * 1024;
constexpr std::chrono::milliseconds first_retry{100};
constexpr std::chrono::milliseconds longest_retry{5000};
// How long a file that others moved away is held open while there is nothing to write.
constexpr std::chrono::seconds look_every{1};

}  // namespace

void File::describe(Config options, Description& to) {
  const bool is_synced = options["fsync"].text() == "batch";
  to.durable(true, is_synced ? "a batch settles when its lines are on the disk"
                             : "written lines outlive the process in the system's cache; a power cut may take them, "
                               "which fsync: batch prevents");
  to.idempotent(false, "a file takes the same line twice");
  to.max_in_flight(options["max_in_flight"].integer());
  to.memory_bytes(static_cast<int64_t>(3 * write_bytes));
  if (options["path"].text().empty()) to.problem(options["path"], "path is empty; name the file to append to");
  const std::string path = std::filesystem::path(options["path"].text()).lexically_normal().string();
  // A device, such as /dev/stdout, is anybody's.
  if (!path.starts_with("/dev/")) to.exclusive("appends to the file " + path, options["path"]);
  if (options["attributes"].size() > 0 && !options["envelope"].boolean())
    to.problem(options["attributes"], "attributes are written in the envelope only; say envelope: true");
}

Result<std::unique_ptr<File>> File::open(Context context, Config options) {
  auto made = std::make_unique<File>(context, options);
  Result<void> opened = made->file_.open();
  if (opened) return made;
  Error error = std::move(opened).error();
  error.message += "; check `path` and the rights of its directory";
  return error;
}

File::File(Context context, Config options)
    : context_(context),
      fsync_(static_cast<Fsync>(options["fsync"].integer())),
      fsync_every_(options["fsync_every"].nanoseconds()),
      rotate_bytes_(static_cast<uint64_t>(options["rotate"]["bytes"].bytes())),
      rotate_keep_(options["rotate"]["keep"].integer()),
      written_bytes_(context.counter("written_bytes_total", "Bytes written to the file.")),
      write_errors_(context.counter("write_errors_total", "Failed attempts to write, sync or rotate.")),
      rotations_(context.counter("rotations_total", "Files that were full.")),
      reopened_(context.counter("reopened_total", "Files that another program renamed, deleted or cut.")),
      format_(context, options["envelope"].boolean(), options["attributes"]),
      file_(std::string(options["path"].text()), fsync_),
      thread_(*this) {}

Result<void> File::start() {
  thread_.start();
  return {};
}

Result<void> File::write(Batch batch) {
  thread_.push(std::move(batch));
  return {};
}

void File::write(std::vector<Batch>& batches) {
  // What an earlier call could not write before the end was not settled, and is not this call's.
  text_.clear();
  ends_.clear();
  size_t settled = 0;
  for (size_t i = 0; i < batches.size(); ++i) {
    for (uint32_t r = 0; r < batches[i].size(); ++r) {
      format_.append(batches[i][r], text_);
      ends_.push_back(text_.size());
      if (text_.size() < write_bytes) continue;
      if (!write_out()) return;
      // Batches before this one are wholly written.
      for (; settled < i; ++settled) std::move(batches[settled]).deliver();
    }
  }
  if (!write_out()) return;
  for (; settled < batches.size(); ++settled) std::move(batches[settled]).deliver();
}

bool File::write_out() {
  size_t from = 0;
  while (from < text_.size()) {
    if (!until_done([&] { return write_piece(from); })) return false;
  }
  text_.clear();
  ends_.clear();
  if (fsync_ == Fsync::interval && !is_unsynced_) {
    is_unsynced_ = true;
    next_sync_ = std::chrono::steady_clock::now() + fsync_every_;
  }
  return true;
}

/// Moves `from` on when a piece is in the file; leaves it when the file was full or somebody took it away.
Result<void> File::write_piece(size_t& from) {
  Result<void> followed = follow();
  if (!followed) return followed;
  const size_t upto = piece_from(from);
  if (upto == from) {
    Result<void> rotated = file_.rotate(rotate_keep_);
    if (rotated) rotations_.add();
    return rotated;
  }
  Result<bool> is_written = file_.append(std::string_view(text_).substr(from, upto - from));
  if (!is_written) return std::move(is_written).error();
  if (!*is_written) return {};
  written_bytes_.add(static_cast<int64_t>(upto - from));
  from = upto;
  return {};
}

Result<void> File::follow() {
  next_look_ = std::chrono::steady_clock::now() + look_every;
  Result<LineFile::Change> change = file_.follow();
  if (!change) return std::move(change).error();
  if (change->sentence.empty()) return {};
  reopened_.add();
  // A renamed file is what every rotation of logs leaves.
  if (change->takes_lines) {
    context_.warn(change->sentence);
  } else {
    context_.info(change->sentence);
  }
  return {};
}

/// End of the lines that still fit into this file; `from` when none does and the file must be rotated.
size_t File::piece_from(size_t from) const {
  if (rotate_bytes_ == 0) return text_.size();
  const uint64_t room = rotate_bytes_ - std::min(rotate_bytes_, file_.size());
  const auto first = std::upper_bound(ends_.begin(), ends_.end(), from);
  const auto beyond = std::upper_bound(first, ends_.end(), from + room);
  if (beyond != first) return *(beyond - 1);
  return file_.size() == 0 ? *first : from;
}

bool File::until_done(const std::function<Result<void>()>& what) {
  Backoff backoff(first_retry, longest_retry);
  while (true) {
    const Result<void> done = what();
    if (done) break;
    failed(done.error());
    if (!thread_.sleep(backoff.next(context_.random()))) return false;
  }
  worked();
  return true;
}

void File::failed(const Error& error) {
  write_errors_.add();
  const char* advice = error.code == "ENOENT" ? "; make its directory" : "";
  context_.blocked(error.message + advice + "; the node retries");
  is_blocked_ = true;
}

void File::worked() {
  if (is_blocked_) context_.ready();
  is_blocked_ = false;
}

std::optional<WriterThread::Duration> File::tick() {
  if (std::chrono::steady_clock::now() >= next_look_) look();
  if (is_unsynced_ && (std::chrono::steady_clock::now() >= next_sync_ || thread_.is_ending())) sync_at_interval();
  const auto next = is_unsynced_ ? std::min(next_sync_, next_look_) : next_look_;
  return std::max<WriterThread::Duration>(next - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
}

/// Without it a deleted file would hold its place on the disk until the next record.
void File::look() {
  const Result<void> followed = follow();
  if (followed) return worked();
  failed(followed.error());
}

void File::sync_at_interval() {
  const Result<void> synced = file_.sync();
  is_unsynced_ = !synced;
  next_sync_ = std::chrono::steady_clock::now() + fsync_every_;
  if (synced) return;
  write_errors_.add();
  context_.warn(synced.error().message + "; lines of the last interval may not outlive a power cut");
}

}  // namespace sluice::flow
