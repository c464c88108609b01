// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"

#include <numeric>

namespace sluice::timescale {

void Job::start_anew(size_t column_count) {
  parts_.clear();
  places_.clear();
  work.clear();
  rows.reset(column_count);
  inserted = 0;
  already_there = 0;
  different = 0;
  by_copy = false;
  trouble = {};
  refused_rows_ = 0;
  in_arrays_.clear();
  in_copy_rows_.clear();
}

void Job::add(Batch batch, columns::Extractor& extractor, const Origin& origin) {
  const auto number = static_cast<uint32_t>(parts_.size());
  std::vector<Refused> refused;
  for (uint32_t i = 0; i < batch.size(); ++i) {
    if (Result<void> extracted = extractor.extract(batch[i], rows); extracted) {
      places_.push_back({number, i});
    } else {
      Error error = std::move(extracted).error();
      error.message += origin.words(batch[i]);
      refused.push_back({i, std::move(error)});
    }
  }
  parts_.push_back({std::move(batch), std::move(refused)});
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
  return origin.words(parts_[places_[row].batch].batch[places_[row].record]);
}

void Job::refuse(uint32_t row, const Error& error, const Origin& origin) {
  const Place place = places_[row];
  ++refused_rows_;
  Error with_origin = error;
  with_origin.message += words(row, origin);
  parts_[place.batch].refused.push_back({place.record, std::move(with_origin)});
}

uint64_t Job::refused_count() const {
  uint64_t count = 0;
  for (const Part& part : parts_) count += part.refused.size();
  return count;
}

void Job::settle() {
  for (Part& part : parts_) settle_refusing(std::move(part.batch), std::move(part.refused));
  parts_.clear();
}

void Job::give_up(const Error& error) {
  for (Part& part : parts_) std::move(part.batch).fail(error);
  parts_.clear();
}

}  // namespace sluice::timescale
