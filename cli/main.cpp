// The program; cli/program.cpp has its verbs.
#include "cli/program.h"
#include "gtn/core/blas_core.h"

int main(int argc, char** argv) {
  return gtn::run_verb(argc, argv, [argv] { gtn::restart_for_blas_core(argv); });
}
