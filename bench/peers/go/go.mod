module airs/bench/peers/go

go 1.19
