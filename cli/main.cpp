// The program; cli/program.cpp has its verbs.
#include "cli/program.h"

int main(int argc, char** argv) { return gtn::run_verb(argc, argv); }
