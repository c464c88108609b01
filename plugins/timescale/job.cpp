// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"

#include <algorithm>
#include <numeric>

namespace sluice::timescale {

void Job::start_anew(size_t column_count) {
  batches_.clear();
  places_.clear();
  refused_.clear();
  work.clear();
  rows.reset(column_count);
  inserted = 0;
  already_there = 0;
  by_copy = false;
  trouble = {};
  refused_rows_ = 0;
  in_arrays_.clear();
  in_copy_rows_.clear();
}

void Job::add(Batch batch, columns::Extractor& extractor, const Origin& origin) {
  const auto number = static_cast<uint32_t>(batches_.size());
  for (uint32_t i = 0; i < batch.size(); ++i) {
    if (Result<void> extracted = extractor.extract(batch[i], rows); extracted) {
      places_.push_back({number, i});
    } else {
      Error error = std::move(extracted).error();
      error.message += origin.words(batch[i]);
      refused_.push_back({number, i, std::move(error)});
    }
  }
  batches_.push_back(std::move(batch));
}

void Job::begin(bool copies) {
  if (places_.empty()) return;
  std::vector<uint32_t>& all = work.emplace_back(places_.size());
  std::iota(all.begin(), all.end(), 0U);
  by_copy = copies;
  if (by_copy) {
    copy_rows(all);
  } else {
    arrays(all);
  }
}

const Arrays& Job::arrays(const std::vector<uint32_t>& part) {
  if (in_arrays_ != part) {
    // Of the two forms a job holds one at a time.
    copy_rows_.clear();
    in_copy_rows_.clear();
    arrays_.encode(rows, part);
    in_arrays_ = part;
  }
  return arrays_;
}

std::span<const uint8_t> Job::copy_rows(const std::vector<uint32_t>& part) {
  if (in_copy_rows_ != part) {
    arrays_.clear();
    in_arrays_.clear();
    copy_rows_.encode(rows, part);
    in_copy_rows_ = part;
  }
  return copy_rows_.bytes();
}

std::string Job::words(uint32_t row, const Origin& origin) const {
  return origin.words(batches_[places_[row].batch][places_[row].record]);
}

void Job::refuse(uint32_t row, const Error& error, const Origin& origin) {
  const Place place = places_[row];
  ++refused_rows_;
  Error with_origin = error;
  with_origin.message += words(row, origin);
  refused_.push_back({place.batch, place.record, std::move(with_origin)});
}

void Job::settle() {
  std::sort(refused_.begin(), refused_.end(), [](const Refused& a, const Refused& b) {
    return a.batch != b.batch ? a.batch < b.batch : a.record < b.record;
  });
  auto next = refused_.cbegin();
  for (size_t number = 0; number < batches_.size(); ++number) {
    Batch& batch = batches_[number];
    const auto end = std::find_if(next, refused_.cend(), [&](const Refused& each) { return each.batch != number; });
    if (next == end) {
      std::move(batch).deliver();
      continue;
    }
    std::vector<uint8_t> lanes(batch.size(), 0);
    std::for_each(next, end, [&](const Refused& each) { lanes[each.record] = 1; });
    std::vector<Batch> parts = std::move(batch).split(lanes.data(), 2);
    if (parts[0]) std::move(parts[0]).deliver();
    Batch& bad = parts[1];
    for (; next != end; ++next) {
      Batch one = bad.size() > 1 ? bad.cut(1) : std::move(bad);
      std::move(one).fail(next->error);
    }
  }
  batches_.clear();
}

void Job::give_up(const Error& error) {
  for (Batch& batch : batches_) std::move(batch).fail(error);
  batches_.clear();
}

}  // namespace sluice::timescale
