// What the inner loop needs of a learner: a pure function of one flat parameter vector w [P], its first derivative, and
// the second-order products of a meta-gradient. Net does it with dual passes; AutogradNet for any differentiable
// function.
#pragma once

#include <memory>
#include <string>

#include "gtn/core/random.h"

namespace gtn {

// What a gradient pass leaves for a second-order pass at the same point, so that this one need not compute it again.
class PassRecord {
 public:
  virtual ~PassRecord() = default;
};

struct Gradient {
  Tensor loss;                                         // scalar
  Tensor w;                                            // dL/dw [P]
  std::shared_ptr<const PassRecord> record = nullptr;  // where one was asked for and the learner makes them
};

// The derivative of <u, dL/dw> in every argument of the loss.
struct SecondOrder {
  Tensor loss;      // scalar L
  Tensor gradient;  // dL/dw [P]: falls out of the same pass
  Tensor w;         // H u [P]
  Tensor x, y;      // d<u, dL/dw>/dx and /dy, in the shapes of x and y
};

// What the batch norms of an evaluation use; its content belongs to the learner that made it.
using Statistics = Tensors;

struct EvaluationGradient {
  Tensor loss;          // scalar
  Tensor w;             // dM/dw [P], through the statistics as well
  Tensors calibration;  // dM/dx for each calibration batch, in its shape
};

// Its functions may be called from several threads at once.
class Learner {
 public:
  virtual ~Learner() = default;

  virtual std::string text() const = 0;
  virtual int64_t parameter_count() const = 0;
  // Multiply-adds of a plain step for one image, by which is_small_step() decides where the threads go; 0: not known.
  virtual int64_t plain_multiply_adds() const { return 0; }
  // Fresh parameters [P], float32, on the CPU.
  virtual Tensor initial(const Key& key) const = 0;

  // Soft-label cross-entropy of the batch in training mode. x [B, C, H, W], y [B, K].
  virtual Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const = 0;
  virtual SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const = 0;

  // The same two with a record between them: the same bits for a third less work, at record_bytes() of memory for a
  // batch of `batch` images (0: this learner makes none).
  virtual int64_t record_bytes(int64_t /*batch*/) const { return 0; }
  virtual Gradient recorded_gradient(const Tensor& w, const Tensor& x, const Tensor& y) const {
    return gradient(w, x, y);
  }
  virtual SecondOrder recorded_second_order(const PassRecord& /*record*/, const Tensor& w, const Tensor& u,
                                            const Tensor& x, const Tensor& y) const {
    return second_order(w, u, x, y);
  }

  // Statistics under w of the calibration batches, averaged where there are several.
  virtual Statistics calibrate(const Tensor& w, const Tensors& calibration) const = 0;
  // Logits [B, K] in evaluation mode.
  virtual Tensor logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const = 0;
  // dL/dx [B, C, H, W] of the batch's cross-entropy in evaluation mode, the statistics held fast.
  virtual Tensor input_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                const Statistics& statistics) const = 0;
  // Loss of a real batch in evaluation mode with statistics from the calibration batches, and its gradient.
  virtual EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                                 const Tensors& calibration) const = 0;
};

using LearnerPtr = std::shared_ptr<const Learner>;

}  // namespace gtn
