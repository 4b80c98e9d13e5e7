#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "gtn/core/quote.h"
#include "gtn/data/duplicates.h"
#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"

namespace gtn {
namespace {

constexpr int64_t kNormalizedImages = 2000;

struct NamedSplit {
  const char* name;
  const Dataset& data;
};

std::array<NamedSplit, 3> splits_of(const PlannedRun& run) {
  return {{{"training", run.splits.train}, {"validation", run.splits.validation}, {"test", run.splits.test}}};
}

// The bytes of each image; they live as long as the tensor.
std::vector<std::string_view> bytes_of(const Tensor& images) {
  const auto size = images.size(0) > 0 ? images.nbytes() / static_cast<size_t>(images.size(0)) : 0;
  const auto* data = static_cast<const char*>(images.data_ptr());
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < static_cast<size_t>(images.size(0)); ++i) bytes.emplace_back(data + i * size, size);
  return bytes;
}

// Every element equals the one before it. An image of one element tells nothing.
bool is_constant(std::string_view bytes, size_t element) {
  return bytes.size() > element && std::memcmp(bytes.data(), bytes.data() + element, bytes.size() - element) == 0;
}

std::vector<int64_t> class_counts(const Dataset& data) {
  const Tensor counts = at::bincount(data.labels, {}, data.classes());
  return {counts.data_ptr<int64_t>(), counts.data_ptr<int64_t>() + counts.size(0)};
}

std::string class_text(const Dataset& data, size_t k) { return quoted(data.class_names[k]); }

}  // namespace

Finding check_labels(const PlannedRun& run) {
  const int64_t classes = run.splits.train.classes();
  int64_t outside = 0, unpaired = 0, all = 0;
  for (const auto& [name, data] : splits_of(run)) {
    outside += (data.labels.lt(0) | data.labels.ge(classes)).sum().item<int64_t>();
    unpaired += std::abs(data.labels.size(0) - data.size());
    all += data.labels.size(0);
  }
  const Verdict verdict = outside + unpaired > 0 || classes < 2 ? Verdict::fail : Verdict::pass;
  std::string figure = share_text(outside, all) + " outside 0.." + std::to_string(classes - 1);
  if (unpaired > 0) figure += ", " + std::to_string(unpaired) + " without an image or the other way round";
  return finding(verdict, figure, static_cast<double>(outside + unpaired),
                 classes < 2 ? "there is nothing to tell apart in one class; give at least two"
                             : "labels count classes from 0, one an image; correct the labels or name more classes");
}

Finding check_balance(const PlannedRun& run) {
  const Dataset& train = run.splits.train;
  const std::vector<int64_t> counts = class_counts(train);
  const auto [least, most] = std::ranges::minmax_element(counts);
  const auto rare = static_cast<size_t>(least - counts.begin());
  const double ratio = static_cast<double>(*most) / static_cast<double>(*least);  // infinite where there is none
  Verdict verdict = verdict_above(ratio, {.warn = 4, .fail = 100});
  std::string figure = std::to_string(*least) + " to " + std::to_string(*most) + " images a class";
  std::string advice = "class " + class_text(train, rare) +
                       " is rare; add images of it, or leave it out, and look at " +
                       "its accuracy alone: the mean hides it";
  if (*least == 0)
    advice = "class " + class_text(train, rare) + " has no training image; add some, or take its name out";
  for (const auto& [name, data] : splits_of(run)) {
    if (verdict != Verdict::pass) break;
    const std::vector<int64_t> here = class_counts(data);
    const auto missing = std::ranges::find(here, 0);
    if (missing == here.end()) continue;
    verdict = Verdict::warn;
    const std::string text = class_text(train, static_cast<size_t>(missing - here.begin()));
    figure += std::string(", none of ") + text + " for " + name;
    advice = "nobody will know how well " + text + " is told apart; split so that each class is in every part";
  }
  return finding(verdict, figure, ratio, advice);
}

Finding check_constant_images(const PlannedRun& run) {
  int64_t constant = 0, all = 0;
  std::string first;
  for (const auto& [name, data] : splits_of(run)) {
    const std::vector<std::string_view> images = bytes_of(data.images);
    for (size_t i = 0; i < images.size(); ++i) {
      if (!is_constant(images[i], data.images.element_size())) continue;
      ++constant;
      if (first.empty()) first = std::string(name) + " image " + std::to_string(i);
    }
    all += data.size();
  }
  const double share = percent_of(constant, all);
  return finding(verdict_above(share, {.warn = 0, .fail = 1}), share_text(constant, all), share,
                 "an image of one colour is mostly a broken file; look at " + first + " and take such images out");
}

Finding check_duplicates(const PlannedRun& run) {
  const Dataset& train = run.splits.train;
  const Duplicates found = find_duplicates(run.splits, /*examples=*/0);
  const int64_t repeated = found.within[0], contradictory = found.contradictory[0];
  const double share = percent_of(repeated, train.size());
  const Verdict verdict = worse(verdict_above(share, {.warn = 1, .fail = 20}),
                                verdict_above(percent_of(contradictory, train.size()), {.warn = 0, .fail = 1}));
  return finding(verdict,
                 share_text(repeated, train.size()) + ", " + std::to_string(contradictory) + " under another label",
                 share,
                 contradictory > 0 ? "equal images have different labels: no network can learn them; correct them"
                                   : "copies count several times over in every batch; keep one of each");
}

Finding check_leaks(const PlannedRun& run) {
  const Splits& splits = run.splits;
  const auto [none, of_validation, of_test] = find_duplicates(splits, /*examples=*/0).between;
  const int64_t leaked = of_validation + of_test, all = splits.validation.size() + splits.test.size();
  const double share = percent_of(leaked, all);
  return finding(verdict_above(share, {.warn = 0, .fail = 1}),
                 share_text(leaked, all) + ": " + std::to_string(of_validation) + " validation, " +
                     std::to_string(of_test) + " test",
                 share,
                 "these images were seen before they are judged; take them out of one side (near copies, such as "
                 "frames of one film, are not found here: split by their origin)");
}

Finding check_normalization(const PlannedRun& run) {
  const Splits& splits = run.splits;
  const int64_t count = std::min(kNormalizedImages, splits.train.size());
  const Tensor chosen = at::div(at::arange(count, at::kLong) * splits.train.size(), count, "floor");
  const Tensor x = splits.normalization.apply(splits.train.images.index_select(0, chosen));
  const Tensor flat = x.transpose(0, 1).flatten(1).to(at::kDouble);
  const Tensor means = flat.mean(1), deviations = flat.std(1, /*unbiased=*/false);
  const bool whitened = splits.normalization.whitening.defined();
  double off = 0;
  int64_t constant = 0;
  for (int64_t c = 0; c < means.size(0); ++c) {
    const double deviation = scalar(deviations[c]);
    constant += deviation == 0;
    const double width = whitened || deviation == 0 ? 0 : std::abs(deviation - 1);
    const double here = std::max(std::abs(scalar(means[c])), width);
    if (!(here <= off)) off = here;  // also where it is not a number
  }
  Verdict verdict = verdict_above(off, {.warn = 0.2, .fail = 0.5});
  if (constant > 0) verdict = worse(verdict, Verdict::warn);
  std::string figure = "mean " + brief_number(scalar(means.mean())) + ", deviation " +
                       brief_number(scalar(deviations.mean())) + (whitened ? " (whitened)" : "");
  if (constant > 0) figure += ", " + std::to_string(constant) + " constant channels";
  return finding(verdict, figure, off,
                 constant > 0
                     ? "a channel that never changes tells nothing; leave it out"
                     : "measure mean and deviation on the training images themselves, and apply them to all splits");
}

}  // namespace gtn
