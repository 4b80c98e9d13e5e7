// Part of every test program: GTN_TEST_KERNELS chooses the CPU kernels ("avx512", "avx2", "portable", "off") that all
// its tests run with. Exit code 77 where this processor does not have them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "gtn/kernels/kernels.h"

namespace {

class KernelChoice final : public testing::Environment {
 public:
  void SetUp() override {
    const char* name = std::getenv("GTN_TEST_KERNELS");
    if (!name || gtn::kernels::select(name)) return;
    std::printf("skipped: this processor or build has no '%s' kernels\n", name);
    std::exit(77);
  }
};

const testing::Environment* const kChoice = testing::AddGlobalTestEnvironment(new KernelChoice);

}  // namespace
