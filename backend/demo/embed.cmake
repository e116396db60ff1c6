# cmake -DINPUT=fleet.ini -DOUTPUT=fleet.c -P embed.cmake: the file as a NUL-terminated array of bytes.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}"
  "#include \"backend/demo/demo.h\"\n\nconst char demo_fleet_text[] = {\n${bytes}0x00};\n")
