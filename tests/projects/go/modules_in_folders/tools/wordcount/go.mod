module example.com/tools/wordcount

go 1.21
