# Files as a C++ source, so that a program carries them: cmake -DOUTPUT=x.cpp -DHEADER=x.h "-DPARTS=name=file|file;..." -P cmake/embed.cmake
# Each part becomes the function std::string_view name() in namespace gtn: the bytes of its files, one after the other.
set(source "// Made by cmake/embed.cmake. NOLINTBEGIN\n#include \"${HEADER}\"\n\nnamespace gtn {\n")
foreach(part ${PARTS})
  string(REGEX MATCH "^([^=]+)=(.*)$" _ "${part}")
  set(name ${CMAKE_MATCH_1})
  string(REPLACE "|" ";" files "${CMAKE_MATCH_2}")
  set(bytes "")
  foreach(path ${files})
    file(READ ${path} hex HEX)
    string(APPEND bytes "${hex}")
  endforeach()
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
  string(APPEND source "namespace {\nconst unsigned char bytes_of_${name}[] = {\n${bytes}};\n}  // namespace\n"
    "std::string_view ${name}() { return {reinterpret_cast<const char*>(bytes_of_${name}), sizeof bytes_of_${name}}; }\n")
endforeach()
file(WRITE ${OUTPUT} "${source}}  // namespace gtn\n// NOLINTEND\n")
