# Writes OUTPUT, a C source with the theme files of FOLDER named in NAMES (by commas) as strings.
# Run: cmake -DOUTPUT=... -DFOLDER=... -DNAMES=a,b -P embed_themes.cmake
string(REPLACE "," ";" NAMES "${NAMES}")
set(strings "")
set(rows "")
foreach(name ${NAMES})
  file(READ "${FOLDER}/${name}.ini" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "(char)0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(........................................................................................)" "\\1\n\t" bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  string(APPEND strings "static const char text_${identifier}[] = {\n\t${bytes} 0};\n")
  string(APPEND rows "\t{\"${name}\", text_${identifier}},\n")
endforeach()
file(WRITE "${OUTPUT}.new" "/* Made from themes/ by embed_themes.cmake. */
#include \"tui/theme/theme_search.h\"

#include <stddef.h>

${strings}
const struct theme_builtin theme_builtins[] = {
${rows}\t{NULL, NULL},
};
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
