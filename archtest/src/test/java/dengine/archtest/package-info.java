/// The rules that the module descriptors cannot express, and the proof that each can fail.
@NullMarked
package dengine.archtest;

import org.jspecify.annotations.NullMarked;
