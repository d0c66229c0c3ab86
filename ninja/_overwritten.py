"""In the wheel this file is ninja/OPS.py, which Python imports only when our `__init__` is gone.

`from ninja import OPS` takes the name from the package, and looks for a file of that name when the
package does not have it: when it is the build tool's (see _neighbour.py), or nobody's any more.
"""

if __name__ == "ninja.OPS":
    raise ImportError(
        "`import ninja` does not find Backprop Ninja: PyPI's build tool `ninja` was installed "
        "or removed after it; this mends it and keeps both commands: "
        "python -m pip install --force-reinstall --no-deps backprop-ninja"
    )
