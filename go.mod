module github.com/loopbridge/loopbridge

go 1.26
