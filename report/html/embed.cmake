# embed.cmake - makes the C source of the pages: puts the style and the script into them, and their hashes, so
# that a page's policy (Content-Security-Policy) lets nothing else run.
#
#     cmake -D FROM=DIRECTORY -D TO=FILE -P embed.cmake

cmake_minimum_required(VERSION 3.25)

# to_base64(HEX RET): the bytes that HEX stands for.
function(to_base64 hex ret)
    string(LENGTH "${hex}" left)
    set(letters ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
    set(text "")
    set(at 0)
    while(left GREATER 0)
        string(SUBSTRING "${hex}0000" ${at} 6 three)
        math(EXPR bits "0x${three}")
        foreach(shift 18 12 6 0)
            math(EXPR index "(${bits} >> ${shift}) & 63")
            string(SUBSTRING ${letters} ${index} 1 letter)
            string(APPEND text ${letter})
        endforeach()
        math(EXPR at "${at} + 6")
        math(EXPR left "${left} - 6")
    endwhile()
    if(left EQUAL -2) # 2 bytes are left of the last 3
        string(REGEX REPLACE ".$" "=" text "${text}")
    elseif(left EQUAL -4)
        string(REGEX REPLACE "..$" "==" text "${text}")
    endif()
    set(${ret} "${text}" PARENT_SCOPE)
endfunction()

# to_array(NAME TEXT RET): an array of C.
function(to_array name text ret)
    file(WRITE "${TO}.bytes" "${text}")
    file(READ "${TO}.bytes" hex HEX)
    file(REMOVE "${TO}.bytes")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    set(${ret} "const unsigned char ${name}[] = {${bytes}};\nconst size_t ${name}_size = sizeof(${name});\n" PARENT_SCOPE)
endfunction()

# embed(PAGE TITLE NAME RET): the page with style, script and title, as arrays of what is before and behind its data.
function(embed page title name ret)
    file(READ "${FROM}/${page}" page)
    string(REPLACE "@title@" "${title}" page "${page}")
    foreach(part style.css app.js)
        file(READ "${FROM}/${part}" text)
        string(SHA256 hash "${text}")
        to_base64(${hash} hash)
        string(REPLACE "@hash of ${part}@" "sha256-${hash}" page "${page}")
        string(REPLACE "@${part}@" "${text}" page "${page}")
    endforeach()
    string(FIND "${page}" "@data@" at)
    string(SUBSTRING "${page}" 0 ${at} before)
    math(EXPR at "${at} + 6")
    string(SUBSTRING "${page}" ${at} -1 behind)
    to_array(${name}_before "${before}" before)
    to_array(${name}_behind "${behind}" behind)
    set(${ret} "${before}${behind}" PARENT_SCOPE)
endfunction()

embed(page.html "" htmlpage report)
embed(plain.html "what is new" diffpage diff)
embed(plain.html "compartments" surfacepage surface)
embed(plain.html "which are needed" probepage probe)
file(WRITE "${TO}" "/* Made by embed.cmake of page.html, plain.html, style.css and app.js. */\n#include \"report/htmlpage.h\"\n\n${report}${diff}${surface}${probe}")
