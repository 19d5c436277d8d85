// gcc_make.cc - A program of C++ for gcc_make.sh to build: it fills containers, and calls a function of C.
#include "all.h"

extern "C" int f1(int);

int main()
{
    std::map<std::string, int> map;
    std::vector<int> list;
    for (int i = 0; i < 1000; i++) {
        list.push_back(f1(i));
        map[std::to_string(i)] = i;
    }
    std::sort(list.begin(), list.end());
    std::cout << list.size() + map.size() << std::endl;
}
