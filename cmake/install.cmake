# What `cmake --install` puts where, in two components, and the two Debian packages that `cpack -G DEB` makes of them. Both
# take what is built: build first. The manual and the completions are what the built program says of itself.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# The program.
set_target_properties(gtn_program PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)  # a LibTorch that lies elsewhere is found
install(TARGETS gtn_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(DIRECTORY configs pretrained examples DESTINATION ${CMAKE_INSTALL_DATADIR}/gtn COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/gtn RENAME copyright COMPONENT program)
function(gtn_install_said path)  # what the program answers to the rest of the arguments
  cmake_path(GET path PARENT_PATH folder)
  cmake_path(GET path FILENAME name)
  install(CODE "execute_process(COMMAND \"$<TARGET_FILE:gtn_program>\" ${ARGN} OUTPUT_FILE \"${PROJECT_BINARY_DIR}/said/${name}\" COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT program)
  install(FILES ${PROJECT_BINARY_DIR}/said/${name} DESTINATION ${folder} COMPONENT program)
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/said)
gtn_install_said(${CMAKE_INSTALL_MANDIR}/man1/gtn.1 manual)
gtn_install_said(${CMAKE_INSTALL_DATADIR}/bash-completion/completions/gtn completion bash)
gtn_install_said(${CMAKE_INSTALL_DATADIR}/zsh/site-functions/_gtn completion zsh)
gtn_install_said(${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/gtn.fish completion fish)

# The library. Headers that only its own files include stay here: they would ask for packages that their readers do not need.
install(TARGETS gtn EXPORT gtnTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY gtn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h"
  REGEX "/kernels/(chain_kernels|few_kernels|winograd_kernels|tile|vector)\\.h$|/core/toml\\.h$|/report/page_parts\\.h$|/runs/trial_file\\.h$" EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libgtn-dev RENAME copyright COMPONENT development)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gtn)
install(EXPORT gtnTargets NAMESPACE gtn:: DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(cmake/gtnConfig.cmake.in ${PROJECT_BINARY_DIR}/gtnConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gtnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gtnConfig.cmake ${PROJECT_BINARY_DIR}/gtnConfigVersion.cmake cmake/gtn_torch.cmake
  DESTINATION ${package_folder} COMPONENT development)

# gtn, whose dependencies dpkg-shlibdeps reads off the program, and libgtn-dev.
set(CPACK_PACKAGE_NAME gtn)
set(CPACK_PACKAGE_CONTACT "The gtn contributors <gtn@example.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "The program gtn, trained teachers, configurations, manual and shell completions.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME gtn)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "graphviz, dataset-fashion-mnist")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "The C++ library and its headers, for find_package(gtn).")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libgtn-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
string(JOIN ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS  # of every gtn_needs() in dependencies.cmake
  "libtorch-dev (>= 1.13)" "nlohmann-json3-dev (>= 3.11)" "libtomlplusplus-dev (>= 3.3)" libpng-dev libjpeg-dev libturbojpeg0-dev
  zlib1g-dev "libsqlitecpp-dev (>= 3.2)")
include(CPack)
