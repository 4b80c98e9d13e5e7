// Forced into every file by the clang presets. Clang 14 instantiates the members of std::vector that are constexpr in
// C++20 (libstdc++ 12) too early for LibTorch's vectors of incomplete types (c10::IValue). Without constexpr it waits,
// as in C++17. The detour over _Bit_iterator keeps <string> from declaring a constexpr function that <vector> then
// defines without.
#pragma once
#define _Bit_iterator _Bit_iterator_of_nobody
#include <string>
#undef _Bit_iterator
#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#include <vector>
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
