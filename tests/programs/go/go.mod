module example.org/truth

go 1.18
