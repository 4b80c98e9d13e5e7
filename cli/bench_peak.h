// What this machine can do at best: the yardstick of gtn bench.
#pragma once

#include "cli/bench_measure.h"

namespace gtn {

struct PeakFigures {  // by precision; GFLOP/s where not said otherwise
  Figure f32;
  Figure bf16;  // none where the processor or LibTorch has no bfloat16 arithmetic
};

struct PeakCase {
  std::string name;  // "matmul 1024"
  PeakFigures one_thread, all_threads;
};

struct Peaks {
  std::vector<PeakCase> cases;
  PeakFigures one_thread, all_threads;  // the best of the cases
};

// Convolutions of favourable sizes (3x3, channels-last) and square matrix products, with one thread and with `threads`.
// `quick`: smaller batches and the smaller product alone. Leaves LibTorch with `threads` threads.
Peaks measure_peaks(int threads, bool bfloat16, bool quick);

}  // namespace gtn
