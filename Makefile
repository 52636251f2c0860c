# Needs Python 3.10 or newer and a package index; anything else is fetched once into the user's cache.
PYTHON ?= python3

# Python keeps what it compiled: a start of ComfyUI takes 5 s of computing with it, 13 s without.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo                  a video from a real ComfyUI, without a key and free of charge"
	@echo "make test [ARGS=…]         all tests, or what the arguments of pytest choose"
	@echo "make check                 style and types"
	@echo "make bench [ARGS=…]        speed, memory and color against their targets"
	@echo "make torture [ARGS=…]      more chaos tests: a few minutes; ARGS=--chaos=long: half an hour"
	@echo "make matrix [ARGS=0.18.2]  the tests that need ComfyUI, in each of its versions"
	@echo "make live HOST=novita      try a real host with your key: free calls, then one short video"
	@echo "make draw                  draw every image of this project again"
	@echo "make comfyui               print the folder and the Python of a prepared ComfyUI"
	@echo "COMFYUI_VERSION=0.18.2     before any of them: in that version"

demo comfyui check:
	@$(PYTHON) -m scripts.$@

test matrix:
	@$(PYTHON) -m scripts.$@ $(ARGS)

torture:
	@$(PYTHON) -m scripts.test tests/chaos --chaos=short --numprocesses=4 --dist=loadgroup $(ARGS)

bench:
	@$(PYTHON) -m benchmarks $(ARGS)

live:
	@$(PYTHON) -m scripts.live $(if $(HOST),--host $(HOST)) $(ARGS)

draw:
	@$(PYTHON) -m drawing $(ARGS)

.PHONY: help demo comfyui check test bench torture matrix live draw
