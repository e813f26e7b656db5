Console.WriteLine("routerd");
return 0;
