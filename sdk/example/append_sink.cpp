// SPDX-License-Identifier: Apache-2.0
// A sink that appends lines to a file. A write may wait or fail, so it has a worker: `write` only queues the batch.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sluice/backoff.hpp"
#include "sluice/plugin.hpp"
#include "sluice/settle.hpp"
#include "sluice/worker.hpp"

class Append : public sluice::Sink {
 public:
  Append(sluice::Context context, std::string path) : context_(context), path_(std::move(path)) {}
  static void describe(sluice::Config, sluice::Description& description) {
    description.durable(true, "written lines outlive the process");
    description.idempotent(false, "a repeated record is a second line");
    description.max_in_flight(8);  // bounds the queue
  }
  static sluice::Result<std::unique_ptr<Append>> open(sluice::Context context, sluice::Config options) {
    return std::make_unique<Append>(context, std::string(options["path"].text()));
  }
  sluice::Result<void> start() override {
    worker_.start("append", [this](sluice::Pace& pace) { run(pace); });
    return {};
  }
  sluice::Result<void> write(sluice::Batch batch) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(batch));
    }
    worker_.wake();
    return {};
  }

 private:
  void run(sluice::Pace& pace) {
    while (true) {
      const bool is_last = pace.is_ending();  // asked first, so that nothing is queued behind the last look
      std::vector<sluice::Batch> taken;
      {
        const std::lock_guard lock(mutex_);
        taken.swap(queue_);
      }
      for (sluice::Batch& batch : taken) store(std::move(batch), pace);
      if (is_last) return;
      if (taken.empty()) pace.wait();
    }
  }
  void store(sluice::Batch batch, sluice::Pace& pace) {
    std::string lines;
    std::vector<sluice::Refused> refused;
    for (uint32_t i = 0; i < batch.size(); ++i) {
      const std::string_view payload = batch[i].payload();
      if (payload.find('\n') == payload.npos) {
        lines.append(payload) += '\n';
      } else {
        refused.push_back({i, sluice::permanent("a record that holds a line break is not one line")});
      }
    }
    size_t written = 0;
    while (const int error = append(lines, written)) {
      const std::string why = "cannot append to " + path_ + ": " + std::generic_category().message(error);
      context_.blocked(why);  // nothing settles, and the graph feels it
      if (!pace.sleep_for(backoff_.next(context_.random()))) {
        return std::move(batch).fail(sluice::transient("not written before the end: " + why));
      }
    }
    backoff_.reset();
    context_.ready();
    sluice::settle_refusing(std::move(batch), std::move(refused));
  }
  /// Moves `written` on; 0, or the errno of what failed.
  int append(std::string_view lines, size_t& written) const {
    const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    int error = 0;
    while (error == 0 && written < lines.size()) {
      const ssize_t count = ::write(file, lines.data() + written, lines.size() - written);
      if (count < 0) error = errno;
      if (count > 0) written += static_cast<size_t>(count);
    }
    ::close(file);
    return error;
  }
  sluice::Context context_;
  const std::string path_;
  sluice::Backoff backoff_{std::chrono::milliseconds(50), std::chrono::seconds(5)};
  std::mutex mutex_;
  std::vector<sluice::Batch> queue_;
  sluice::Worker worker_;  // last, so that it ends before what it uses
};
constexpr sluice_option options[] = {sluice::option::text("path", "The file to append to.").required()};
constexpr sluice_node_type types[] = {sluice::sink_type<Append>("append", "Appends lines to a file.", options)};
SLUICE_EXPORT_PLUGIN("append", "0.1.0", "A sink with a worker.", types)
