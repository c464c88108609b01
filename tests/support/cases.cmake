# Behind the build of a test program: writes FILE, in which each test case of PROGRAM is a test of ctest's, named
# NAME: CASE. Variables: PROGRAM, NAME, FILE, LABELS (with commas), ENVIRONMENT.
execute_process(COMMAND ${PROGRAM} --list-test-names-only OUTPUT_VARIABLE listed)  # which ends with their number
# What a list of CMake's could not hold is another character for a while.
string(ASCII 1 semicolon)
string(ASCII 2 open)
string(ASCII 3 close)
string(REPLACE ";" "${semicolon}" listed "${listed}")
string(REPLACE "[" "${open}" listed "${listed}")
string(REPLACE "]" "${close}" listed "${listed}")
string(REGEX REPLACE "\n$" "" listed "${listed}")
string(REPLACE "\n" ";" cases "${listed}")
string(REPLACE "," ";" labels "${LABELS}")
set(script "")
foreach(case IN LISTS cases)
  # What means something in a pattern of Catch2.
  string(REGEX REPLACE "([,\"\\\\${open}])" "\\\\\\1" pattern "${case}")
  string(APPEND script
    "add_test([==[${NAME}: ${case}]==] [==[${PROGRAM}]==] [==[${pattern}]==] --warn NoTests)\n"
    "set_tests_properties([==[${NAME}: ${case}]==] PROPERTIES LABELS [==[${labels}]==] TIMEOUT 600 SKIP_RETURN_CODE 77"
    " ENVIRONMENT [==[${ENVIRONMENT}]==])\n")
endforeach()
string(REPLACE "${semicolon}" ";" script "${script}")
string(REPLACE "${open}" "[" script "${script}")
string(REPLACE "${close}" "]" script "${script}")
file(WRITE ${FILE} "${script}")
