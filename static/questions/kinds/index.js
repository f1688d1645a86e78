// What the exam page asks of a kind: `state` and `note` say of an answer what the server says, `refusal` takes back a
// change that the server would refuse and says why. `inputs` are the fields of the question, by what they send.
import { choice } from "./choice.js";
import { entry } from "./entry.js";
import { placing } from "./placing.js";

export const kinds = { choice, entry, placing };
