// Which of several ways to teach an architecture is best on validation, and fresh learners taught that way. Whatever is
// compared is chosen here, so that every side has the same freedom.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "gtn/data/image_source.h"
#include "gtn/unroll/accuracy.h"

namespace gtn {

// The batches for the learner of this key.
using SourceOf = std::function<std::shared_ptr<const BatchSource>(const Key&)>;

// The same batches for every learner; `source` must live longer.
SourceOf unowned(const BatchSource& source);

// Fresh random batches of the training split, which must live longer: where a learner on real data takes them from.
SourceOf real_batches(const Splits& splits, int64_t batch_size, at::Device device);

// Shuffled batches of a few images, which must live longer.
SourceOf set_batches(const ImageSet& set, int64_t batch_size);

// A way to teach a fresh learner.
struct Teaching {
  SourceOf source;
  Schedule schedule;
};

// A fresh learner to be taught.
struct Training {
  const Learner* learner;
  const Teaching* teaching;
  Key key;
};

// What one architecture may choose from.
struct Contest {
  const Learner* learner;
  std::vector<Teaching> choices;  // at least one
};

using Progress = std::function<void(int64_t done, int64_t total)>;  // counts trainings

class Tuner {
 public:
  // Choices are judged on `selection_images` of the validation split; `batch` decides where the threads go
  // (for_learners). Keeps references to `splits` and `progress`; the latter is called by one thread at a time.
  Tuner(const Splits& splits, int64_t selection_images, int64_t batch, const Key& key, at::Device device,
        const Progress& progress)
      : splits_(splits),
        selection_images_(selection_images),
        batch_(batch),
        key_(key),
        device_(device),
        progress_(progress) {}

  // The best choice of each contest: all of them judged with one seed, the best three with three more. A single choice
  // is not tried.
  std::vector<size_t> choose(const std::vector<Contest>& contests);
  // How many trainings that takes.
  static int64_t trainings(const Contest& contest);

  // Calls judge(i, lesson of training i) for all of them, several at once where that pays.
  void run(const std::vector<Training>& trainings, const std::function<void(size_t, const Lesson&)>& judge);

  // So many trainings more are to come: the total of the progress.
  void expect(int64_t trainings) { total_ += trainings; }

  // The key of the learner of entry `i` when it is judged: never that of a choice.
  Key test_key(size_t i) const { return key_.split("test").split(i); }
  const Splits& splits() const { return splits_; }
  at::Device device() const { return device_; }

 private:
  struct Standing;
  void judge(const std::vector<Contest>& contests, std::vector<Standing>& standings, uint64_t first_seed,
             uint64_t seeds);
  void tick();

  const Splits& splits_;
  int64_t selection_images_, batch_;
  Key key_;
  at::Device device_;
  const Progress& progress_;
  std::mutex mutex_;
  int64_t done_ = 0, total_ = 0;
};

// Contests of the distinct architectures among `learners`, by their texts, and the place of each learner's in them.
struct Field {
  std::vector<Contest> contests;
  std::vector<size_t> place;  // one a learner
};
Field make_field(const std::vector<std::shared_ptr<const Learner>>& learners,
                 const std::function<std::vector<Teaching>(size_t learner)>& choices);

// Each learner taught in the best way for its architecture and judged once, at its end.
struct Judged {
  AccuracyCurve accuracy;
  std::vector<size_t> chosen;  // one a learner
};
// Judges on all of `dataset`, one of the tuner's splits. Adds its trainings to the tuner's total. `choices(i)` is asked
// for the first learner of each architecture; those that are equal in text share it.
Judged tune_and_judge(Tuner& tuner, const std::vector<std::shared_ptr<const Learner>>& learners,
                      const std::function<std::vector<Teaching>(size_t learner)>& choices, const Dataset& dataset);

}  // namespace gtn
