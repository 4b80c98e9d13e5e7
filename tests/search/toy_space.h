// A space to test strategies on: texts of digits, as "0-3-1", and a score with one summit.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "gtn/core/error.h"
#include "gtn/search/space.h"

namespace gtn {

enum class Counted { yes, no };

class ToySpace final : public Space {
 public:
  ToySpace(int64_t digits, int64_t values, Counted counted = Counted::yes)
      : digits_(digits), values_(values), counted_(counted) {}

  std::string name() const override { return "toy"; }
  std::string describe() const override { return "digits, as 0-3-1"; }

  std::optional<int64_t> size() const override {
    if (counted_ == Counted::no) return std::nullopt;
    int64_t size = 1;
    for (int64_t i = 0; i < digits_; ++i) size *= values_;
    return size;
  }

  std::string at(int64_t index) const override {
    if (!size() || index < 0 || index >= *size()) throw std::out_of_range("toy space: no such index");
    std::vector<int64_t> digits;
    for (int64_t i = 0; i < digits_; ++i, index /= values_) digits.push_back(index % values_);
    return text_of(digits);
  }

  std::string sample(const Key& key) const override {
    std::vector<int64_t> digits;
    for (int64_t i = 0; i < digits_; ++i) digits.push_back(key.split(static_cast<uint64_t>(i)).index(values_));
    return text_of(digits);
  }

  std::string canonical(const std::string& genotype) const override {
    if (text_of(digits_of(genotype)) != genotype) throw usage_error("genotype " + genotype, "is none of the toy space");
    return genotype;
  }

  std::vector<std::string> neighbours(const std::string& genotype) const override {
    std::vector<std::string> result;
    const std::vector<int64_t> digits = digits_of(canonical(genotype));
    for (size_t i = 0; i < digits.size(); ++i) {
      for (int64_t value = 0; value < values_; ++value) {
        std::vector<int64_t> other = digits;
        other[i] = value;
        if (other != digits) result.push_back(text_of(other));
      }
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  std::string learner(const std::string&) const override { return "linear"; }

  std::vector<std::string> features(const std::string& genotype) const override {
    std::vector<std::string> words;
    const std::vector<int64_t> digits = digits_of(genotype);
    for (size_t i = 0; i < digits.size(); ++i) words.push_back(std::to_string(i) + "=" + std::to_string(digits[i]));
    return words;
  }

  static std::vector<int64_t> digits_of(const std::string& genotype) {
    std::vector<int64_t> digits;
    for (size_t i = 0; i < genotype.size(); i += 2) digits.push_back(genotype[i] - '0');
    return digits;
  }

 private:
  static std::string text_of(const std::vector<int64_t>& digits) {
    std::string text;
    for (const int64_t digit : digits) text += (text.empty() ? "" : "-") + std::to_string(digit);
    return text;
  }

  int64_t digits_, values_;
  Counted counted_;
};

// The negative squared distance from 1-3-0-2-4-1 ..: 0 at the summit, which a climb reaches from everywhere.
inline double summit_score(const std::string& genotype) {
  constexpr int64_t kSummit[] = {1, 3, 0, 2, 4, 1};
  const std::vector<int64_t> digits = ToySpace::digits_of(genotype);
  double score = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const auto gap = static_cast<double>(digits[i] - kSummit[i % std::size(kSummit)]);
    score -= gap * gap;
  }
  return score;
}

// In how many digits two genotypes differ.
inline int64_t choices_apart(const std::string& a, const std::string& b) {
  int64_t count = 0;
  for (size_t i = 0; i < a.size(); i += 2) count += a[i] != b[i] ? 1 : 0;
  return count;
}

// What the strategies' own tests search: six digits of five values, a candidate scored after nine steps.
inline const ToySpace kSpace(6, 5);
constexpr int64_t kToySteps = 9;

}  // namespace gtn
