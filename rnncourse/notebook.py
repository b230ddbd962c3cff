"""What only a notebook needs."""

import inspect
import textwrap

from IPython.display import Markdown


def show_source(thing):
    """Show the source of a class, function or method as it is installed, so that it cannot drift.

    Raises: TypeError for a thing without Python source.

    >>> from rnncourse.functional import relu
    >>> print(show_source(relu).data.splitlines()[1])
    def relu(z):
    """
    return Markdown(f"```python\n{textwrap.dedent(inspect.getsource(thing)).rstrip()}\n```")
