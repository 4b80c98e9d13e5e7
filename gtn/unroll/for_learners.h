// Where the threads go when several learners are trained: across the learners where their steps are small, within the
// step where they are large (docs/decisions/0008-threads-across-learners.md).
#pragma once

#include <functional>

#include "gtn/nets/learner.h"

namespace gtn {

// Whether a step on `batch` images is too small for its threads to pay, as it was measured: a function of the learner
// and the batch alone, never of a clock, so that the same command gives the same bits. A learner that does not know its
// work is not small.
bool is_small_step(const Learner& learner, int64_t batch);

// How many of `count` learners like this one for_learners() trains at once, called here and now.
int64_t learners_at_once(const Learner& learner, int64_t batch, int64_t count);

// Calls task(i, at_once) once for each of `learners`, which are trained on batches of `batch` images: first those with
// small steps, side by side, then the others one by one. At most `at_once` of the tasks run at the same time, this one
// included. A learner beside others has one thread and gives exactly the bits of a process of one thread; one that has
// nobody beside it has all threads. Exceptions and what tasks may share: as in side_by_side().
void for_learners(const std::vector<const Learner*>& learners, int64_t batch,
                  const std::function<void(size_t i, int64_t at_once)>& task);

}  // namespace gtn
