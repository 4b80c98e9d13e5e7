// The kernels that OpenBLAS multiplies matrices with, and what to do where it knows no good ones.
#pragma once

#include <string>
#include <vector>

namespace gtn {

// Those that OpenBLAS has chosen; empty where another library multiplies.
std::string blas_core();

// OpenBLAS chooses its kernels ("cores") by the processor's model number, and takes those of 2004 ("Prescott", SSE3)
// for a model that is newer than itself. Which it should have taken, by the processor's features as Linux spells them:
// "SkylakeX", "Haswell", or none (empty) where there is no AVX2 or `chosen` is another core.
std::string better_blas_core(const std::string& chosen, const std::vector<std::string>& features);

// Replaces this process by the same program with OPENBLAS_CORETYPE set where there are better kernels: OpenBLAS asks
// the variable only while it is loaded. To be called before anything is printed or opened; does nothing where the
// variable is set or another library multiplies. What it gains is measured in docs/performance.md.
void restart_for_blas_core(char* const* argv);

}  // namespace gtn
