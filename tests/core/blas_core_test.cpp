#include "gtn/core/blas_core.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

TEST(BlasCore, is_another_only_where_the_library_fell_back_on_an_old_one) {
  const std::vector<std::string> avx2{"fma", "avx", "avx2"};
  std::vector<std::string> avx512 = avx2;
  avx512.insert(avx512.end(), {"avx512f", "avx512bw", "avx512vl"});
  EXPECT_EQ(better_blas_core("Prescott", avx512), "SkylakeX");
  EXPECT_EQ(better_blas_core("Prescott", avx2), "Haswell");
  EXPECT_EQ(better_blas_core("Prescott", {"avx"}), "");
  EXPECT_EQ(better_blas_core("Haswell", avx512), "") << "somebody may have chosen it";
  EXPECT_EQ(better_blas_core("", avx512), "");
}

}  // namespace
}  // namespace gtn
