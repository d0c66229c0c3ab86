"""Training the lecture's character model with gradients derived by hand, in these modules:

data.py         a list of words, its split, and the examples of context and next character
stream.py       torch's random numbers without torch
network.py      sizes, initial parameters, what the trained model says
engines/        ONE FILE PER ENGINE: how one step is computed
optimisers.py   what a step does with the gradient
schedules.py    how large a step is
run.py          a training run that can be stopped, saved and resumed
checkpoint.py   the file that it is saved in: whole and unchanged, or refused
curve.py        its loss, drawn
recipes.py      named settings with measured losses
command.py      the verb `train`
bench.py        the verb `bench train`; sweep.py `bench recipes`, workers.py `bench workers`,
                killed.py `bench killed`
measured/       what these verbs printed on one machine on one day
"""
