// The exact derivative of the whole inner loop. With state (w_t, v_t), g_t = grad_w L(w_t; x_t, y_t), and sgd
// (optimizer.h has the others),
//
//   v_{t+1} = m_t v_t + g_t      w_{t+1} = w_t - a_t v_{t+1}      M = sum of real-data losses at chosen w_t
//
// the adjoints lw = dM/dw, lv = dM/dv run from the last step to the first:
//
//   dM/da_t = -<lw, v_{t+1}>     u = lv - a_t lw     dM/dm_t = <u, v_t>
//   (H u, dM/dx_t, dM/dy_t) = second-order pass at (w_t, x_t, y_t) in direction u
//   lw <- lw + H u               lv <- m_t u
//
// Stored: the trajectory (w_t, v_t) of the differentiated steps (compare Maclaurin et al., 2015, algorithm 2), with
// rmsprop and adam (s_t, g_t) as well, and as many steps' records as fit the memory allowed.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "gtn/unroll/inner_loop.h"

namespace gtn {

// Which synthetic batches give the batch-norm statistics of a real-data loss.
enum class Calibration {
  last,  // the batch of the step just taken (the paper)
  all,   // every batch from the start to the window's end, averaged
};

constexpr auto names_of(Calibration) {
  return std::to_array<std::pair<Calibration, std::string_view>>(
      {{Calibration::last, "last"}, {Calibration::all, "all"}});
}

// The steps [begin, end) are differentiated, those from start to begin are run as plain steps, all others are not run:
// a random window (Feng et al., 2023, RaT-BPTT) or all of them.
struct Window {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t start = 0;
};

// A window of `length` steps whose end is uniform over [length, steps]; all steps where length is 0 or not below steps.
Window random_window(const Key& key, int64_t steps, int64_t length);

struct MetaObjective {
  Window window;
  int64_t loss_every =
      0;  // real-data losses also after every k-th step of the window, counted from step 0; 0: at its end only
  Calibration calibration = Calibration::last;
  int64_t memory = 0;  // bytes that may hold records of steps (Learner::record_bytes): faster, the same bits
};

// How many of `steps` steps on batches of `batch` images keep their record in `memory` bytes.
int64_t recorded_steps(const Learner& learner, int64_t steps, int64_t batch, int64_t memory);

struct MetaGradient {
  double loss = 0;             // real-data loss at the end of the window
  double total_loss = 0;       // the sum that is differentiated
  Tensors x, y;                // dM/dx_t, dM/dy_t for every step up to the window's end; undefined where zero
  std::vector<double> log_lr;  // dM/d log a_t, zero outside the window
  std::vector<double> log_momentum;
  Tensor w0;     // dM/dw_begin [P]
  Tensor w_end;  // the learner's parameters at the end of the window [P]
};

// `real.batch(t)` judges the learner after t steps. A diverged learner gives non-finite losses and gradients, not an
// error.
MetaGradient meta_gradient(const Learner& learner, const Tensor& w0, const BatchSource& synthetic,
                           const Schedule& schedule, const BatchSource& real, const MetaObjective& objective);

}  // namespace gtn
