using System.Runtime.CompilerServices;

// Every import uses blittable types only, so nothing is marshalled at run time.
[assembly: DisableRuntimeMarshalling]
